/**
 * How far the restrictor is behind, as the log tells whoever answers searches: since when a record of
 * each source waits for it. It need not say anything itself, so one that stands still is noticed.
 */
import {
  decodeMarker,
  sourceOf,
  type DocumentId,
  type GenerationId,
  type SourceName,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { mutationsTopic, restrictorGroup } from "../topics.ts";

const lookEveryMs = 1_000;
/** Behind so many, nobody looks whose they are: all sources wait. */
const recordsMax = 500;

interface Waiting {
  readonly bySource: ReadonlyMap<string, number>;
  /** Of records that were not looked at. */
  readonly anyMs: number | null;
}

export class RestrictionsBehind {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #generation: () => GenerationId;
  #waiting: Waiting = { bySource: new Map(), anyMs: null };
  #askedAtMs: number;

  constructor(options: {
    readonly log: EventLog;
    readonly clock: Clock;
    readonly generation: () => GenerationId;
  }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#generation = options.generation;
    this.#askedAtMs = options.clock.nowMs();
  }

  /**
   * Since when something of the source may wait for the restrictor, in milliseconds since 1970; null
   * when nothing does. While the log does not answer it is not known, and may be since it last did.
   */
  sinceMs(source: SourceName): number | null {
    const { anyMs, bySource } = this.#waiting;
    const own = bySource.get(source) ?? null;
    const known = [own, anyMs].filter((each) => each !== null);
    const silentSinceMs = this.#askedAtMs + lookEveryMs * 2;
    if (this.#clock.nowMs() > silentSinceMs) known.push(silentSinceMs);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** Looks until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
      }
      await this.#clock.sleep(lookEveryMs, signal);
    }
  }

  /** @throws TransientError when the log does not answer */
  async look(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const bySource = new Map<string, number>();
    let anyMs: number | null = null;
    const restricted = await this.#log.acknowledged(
      mutationsTopic,
      restrictorGroup(this.#generation()),
    );
    for (const { begin, end, partition } of await this.#log.ranges(mutationsTopic)) {
      const from = Math.max(begin, restricted.get(partition) ?? 0);
      if (from >= end) continue;
      const range = { from, to: end, recordsMax };
      const records = await this.#log.read(mutationsTopic, partition, range);
      for (const { appendedAtMs, key, value } of records) {
        // A marker restricts nothing; what stands behind it is looked at by itself.
        if (value === null || decodeMarker(value)) continue;
        const source = sourceOf(key as DocumentId);
        bySource.set(source, Math.min(bySource.get(source) ?? appendedAtMs, appendedAtMs));
      }
      const last = records.at(-1);
      if (records.length < recordsMax || !last || last.offset + 1 >= end) continue;
      anyMs = Math.min(anyMs ?? last.appendedAtMs, last.appendedAtMs);
    }
    this.#waiting = { bySource, anyMs };
    this.#askedAtMs = nowMs;
  }
}
