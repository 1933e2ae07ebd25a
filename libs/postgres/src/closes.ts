/** Deletes that only an absence tells of: after a snapshot, after a truncate; held when they are many. */
import {
  closeAbsent,
  untilRestricted,
  type CloseContext,
  type CloseReport,
} from "@tidemark/pipeline";
import type { KeptState } from "./kept-state.ts";
import type { PendingClose } from "./reader-state.ts";

export interface ClosesOptions {
  readonly context: () => CloseContext;
  readonly epoch: number;
  readonly state: KeptState;
}

const nothing: CloseReport = { absent: 0, applied: 0, held: 0 };

export class Closes {
  readonly #options: ClosesOptions;
  #running: Promise<CloseReport> = Promise.resolve(nothing);

  constructor(options: ClosesOptions) {
    this.#options = options;
  }

  /** Written down before the slot is told to forget what caused it. */
  async add(closes: readonly PendingClose[]): Promise<void> {
    await this.#options.state.change((state) => ({
      ...state,
      closes: withCloses(state.closes, closes),
    }));
  }

  /** All that are pending, one run after the other; what is held stays pending. */
  run({
    confirmed,
    signal,
  }: {
    confirmed: number | null;
    signal: AbortSignal;
  }): Promise<CloseReport> {
    const run = this.#running.catch(() => nothing).then(() => this.#run(confirmed, signal));
    this.#running = run;
    return run;
  }

  async #run(confirmed: number | null, signal: AbortSignal): Promise<CloseReport> {
    const { context, epoch, state } = this.#options;
    const pending = state.now.closes;
    if (pending.length === 0) return nothing;
    const around = context();
    await untilRestricted(around, signal);
    let total = nothing;
    for (const close of pending) {
      if (signal.aborted) return total;
      const { position, prefix } = close;
      const left = confirmed === null ? null : confirmed - total.applied;
      const report = await closeAbsent(around, {
        prefix,
        below: { epoch, position },
        confirmed: left,
      });
      total = {
        absent: total.absent + report.absent,
        applied: total.applied + report.applied,
        held: total.held + report.held,
      };
      if (report.held > 0) continue;
      await state.change((now) => ({
        ...now,
        closes: now.closes.filter((each) => !same(each, close)),
      }));
    }
    return total;
  }
}

/** Of one prefix the highest says all that the others do. */
export function withCloses(
  before: readonly PendingClose[],
  added: readonly PendingClose[],
): PendingClose[] {
  const highest = new Map<string, number>();
  for (const { position, prefix } of [...before, ...added]) {
    highest.set(prefix, Math.max(position, highest.get(prefix) ?? 0));
  }
  return [...highest].map(([prefix, position]) => ({ prefix, position }));
}

function same(a: PendingClose, b: PendingClose): boolean {
  return a.prefix === b.prefix && a.position === b.position;
}
