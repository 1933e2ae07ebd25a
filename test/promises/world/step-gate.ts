/** Holds one process at one of its steps, so that a race can be told step by step. */
import { settled, type Gate } from "@tidemark/testing";

const patienceMax = 200;

export class StepGate {
  #steps: readonly string[] = [];
  #passes = 0;
  #alone = false;
  #isReached = false;
  #isCrashed = false;
  #waiting: (() => void)[] = [];

  readonly pass: Gate = (step) => {
    const isStep = this.#steps.includes(step);
    const isHere = isStep && this.#passes === 0;
    if (isStep && !isHere) this.#passes -= 1;
    const stands = this.#isCrashed || isHere || (this.#isReached && !this.#alone);
    if (!stands) return Promise.resolve();
    if (isHere) {
      this.#steps = [];
      this.#isReached = true;
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  };

  /**
   * The next time the process comes to this step, or to one of these, it stands there, before its
   * effect, and the whole process with it; `alone` lets its other work go on.
   */
  holdAt(step: string | readonly string[], { after = 0, alone = false }: HoldOptions = {}): void {
    this.#steps = typeof step === "string" ? [step] : step;
    this.#passes = after;
    this.#alone = alone;
    this.#isReached = false;
  }

  /** Resolves when the process stands at the step; one that is never let go has crashed there. */
  async reached(): Promise<void> {
    for (let patience = 0; !this.#isReached; patience += 1) {
      if (patience > patienceMax) throw new Error(`nobody came to ${this.#steps.join(" or ")}`);
      await settled();
    }
  }

  release(): void {
    this.#isReached = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Lets the process go on to another step, where it stands again. */
  async releaseUntil(...steps: readonly string[]): Promise<void> {
    this.holdAt(steps);
    this.release();
    await this.reached();
  }

  /** Nothing that the process would do next is ever done. */
  crash(): void {
    this.#isCrashed = true;
  }
}

export interface HoldOptions {
  /** So many times it passes the step first. */
  readonly after?: number;
  readonly alone?: boolean;
}

/** Resolves when nobody can go on before time passes. */
export async function untilSettled(): Promise<void> {
  for (let turn = 0; turn < patienceMax; turn += 1) await settled();
}

/** The same object, every method of which passes the gate before it is done and after. */
export function gated<T extends object>(target: T, gate: Gate): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== "function" || typeof name === "symbol") return value;
      const call = value.bind(object) as (...args: readonly unknown[]) => Promise<unknown>;
      return async (...args: readonly unknown[]) => {
        await gate(name);
        const answer = await call(...args);
        await gate(`${name} done`);
        return answer;
      };
    },
  });
}
