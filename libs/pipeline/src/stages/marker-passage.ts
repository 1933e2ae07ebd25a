/** Passes markers on from the topic that a stage reads to the one it writes. */
import { passedOn, type Marker } from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { appendMarker } from "../service/hints.ts";

export interface MarkerPassageOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly from: string;
  readonly to: string;
}

interface Counts {
  readonly partitions: number;
  readonly written: number;
}

/** Markers come every second in every partition; topics are seldom given more of them. */
const countsAgeMaxMs = 2_000;

export class MarkerPassage {
  readonly #options: MarkerPassageOptions;
  #counts: (Counts & { readonly readAtMs: number }) | null = null;

  constructor(options: MarkerPassageOptions) {
    this.#options = options;
  }

  /** To be called when everything before the marker in its partition is done. */
  async pass(marker: Marker, partition: number): Promise<void> {
    const { log, to } = this.#options;
    await appendMarker(log, to, passedOn(marker, { partition, ...(await this.#counted()) }));
  }

  async #counted(): Promise<Counts> {
    const { clock, from, log, to } = this.#options;
    const readAtMs = clock.nowMs();
    if (this.#counts && readAtMs - this.#counts.readAtMs <= countsAgeMaxMs) return this.#counts;
    const { partitions } = await log.identity(from);
    const { partitions: written } = await log.identity(to);
    this.#counts = { partitions, written, readAtMs };
    return this.#counts;
  }
}
