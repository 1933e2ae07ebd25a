/** Wraps an adapter so that its calls go wrong as real ones do. */
import { TransientError, type Clock } from "@tidemark/pipeline";

export type Fault =
  | { readonly kind: "none" }
  /** Nothing happened, and the caller is told so. */
  | { readonly kind: "rejectBefore" }
  /** It happened, and the caller is told that it did not. */
  | { readonly kind: "failAfter" }
  | { readonly kind: "delay"; readonly ms: number }
  /** It happens twice, one after the other, as a client's own retry does it. */
  | { readonly kind: "duplicate" };

export const noFault: Fault = { kind: "none" };

/** Decides what befalls a call, by the name of the method. */
export type FaultPlan = (method: string) => Fault;

/**
 * The same object with faults in its methods; every method is taken to answer with a promise,
 * except those named in `plain`. What a method returns, such as a consumer, is not wrapped.
 */
export function withFaults<T extends object>(
  target: T,
  plan: FaultPlan,
  options: { readonly clock: Clock; readonly plain?: readonly (keyof T)[] },
): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== "function") return value;
      const call = value.bind(object) as (...args: readonly unknown[]) => Promise<unknown>;
      if (typeof name === "symbol" || options.plain?.includes(name as keyof T)) return call;
      return (...args: readonly unknown[]) =>
        befall(plan(name), name, options.clock, () => call(...args));
    },
  });
}

async function befall(
  fault: Fault,
  method: string,
  clock: Clock,
  call: () => Promise<unknown>,
): Promise<unknown> {
  switch (fault.kind) {
    case "none":
      return call();
    case "rejectBefore":
      throw new TransientError(`${method} was refused`);
    case "failAfter":
      await call();
      throw new TransientError(`${method} was done and did not answer`);
    case "delay":
      await clock.sleep(fault.ms);
      return call();
    case "duplicate":
      await call();
      return call();
  }
}

/** The next calls of a method go wrong, in this order; all others are well. */
export class ScriptedFaults {
  readonly #script = new Map<string, Fault[]>();

  next(method: string, ...faults: readonly Fault[]): void {
    this.#script.set(method, [...(this.#script.get(method) ?? []), ...faults]);
  }

  readonly plan: FaultPlan = (method) => this.#script.get(method)?.shift() ?? noFault;
}
