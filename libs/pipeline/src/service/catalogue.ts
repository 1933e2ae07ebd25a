/**
 * The catalogue: which generations there are, and each source's identity and epoch. It is the
 * compacted `control` topic; this is its newest state, and the only writer of it in a process.
 */
import { nextEpoch, type Generation, type GenerationId, type SourceName } from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { controlTopic } from "../topics.ts";

export interface SourceRecord {
  readonly source: SourceName;
  /** What the source's order hangs on; another one begins a new epoch. */
  readonly identity: string;
  readonly epoch: number;
  /** What the source was when it was last opened, such as a folder's device and inode. */
  readonly root: string | null;
  /** Until it was listed whole once under this epoch. */
  readonly snapshotDue: boolean;
}

const readBatch = 1_000;

export class Catalogue {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #generations = new Map<GenerationId, Generation>();
  readonly #sources = new Map<SourceName, SourceRecord>();

  private constructor(log: EventLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  static async load(log: EventLog, clock: Clock): Promise<Catalogue> {
    const catalogue = new Catalogue(log, clock);
    await catalogue.#read();
    return catalogue;
  }

  /** By age, oldest first. */
  get generations(): readonly Generation[] {
    return [...this.#generations.values()].sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  get active(): Generation | null {
    return this.generations.find((generation) => generation.state === "active") ?? null;
  }

  generation(id: GenerationId): Generation | null {
    return this.#generations.get(id) ?? null;
  }

  source(name: SourceName): SourceRecord | null {
    return this.#sources.get(name) ?? null;
  }

  /** All in one append, so that a switch is never half there. */
  async putGenerations(generations: readonly Generation[]): Promise<void> {
    await this.#log.append(
      controlTopic,
      generations.map((generation) => ({
        key: `generation/${generation.id}`,
        partitionKey: "generations",
        value: JSON.stringify({ v: 1, kind: "generation", generation }),
      })),
      { durable: true },
    );
    for (const generation of generations) this.#generations.set(generation.id, generation);
  }

  /** The next id is never one that was used before. */
  nextGenerationId(): GenerationId {
    const numbers = [...this.#generations.keys()].map((id) => Number(id.slice(1)));
    return `g${Math.max(0, ...numbers) + 1}` as GenerationId;
  }

  /**
   * The source's epoch. A source whose identity differs from the recorded one gets a new epoch,
   * above all it ever had, and is due to be snapshotted.
   */
  async ensureEpoch(
    source: SourceName,
    identity: string,
    highestInManifests: number,
  ): Promise<SourceRecord & { readonly isNew: boolean }> {
    const known = this.#sources.get(source);
    const isBelow = known !== undefined && known.epoch < highestInManifests;
    if (known?.identity === identity && !isBelow) return { ...known, isNew: false };
    const epoch = nextEpoch({
      lastEpoch: known?.epoch ?? 0,
      highestInManifests,
      nowMs: this.#clock.nowMs(),
    });
    const record = { source, identity, epoch, root: known?.root ?? null, snapshotDue: true };
    await this.putSource(record);
    return { ...record, isNew: true };
  }

  async putSource(record: SourceRecord): Promise<void> {
    await this.#log.append(
      controlTopic,
      [
        {
          key: `source/${record.source}`,
          value: JSON.stringify({ v: 1, kind: "source", source: record }),
        },
      ],
      { durable: true },
    );
    this.#sources.set(record.source, record);
  }

  async #read(): Promise<void> {
    for (const range of await this.#log.ranges(controlTopic)) {
      let from = range.begin;
      while (from < range.end) {
        const { partition, end: to } = range;
        const records = await this.#log.read(controlTopic, partition, {
          from,
          to,
          recordsMax: readBatch,
        });
        const last = records.at(-1);
        if (!last) break;
        for (const record of records) this.#take(record.value);
        from = last.offset + 1;
      }
    }
  }

  #take(value: string | null): void {
    if (value === null) return;
    const record = JSON.parse(value) as
      | { readonly kind: "generation"; readonly generation: Generation }
      | { readonly kind: "source"; readonly source: SourceRecord };
    if (record.kind === "generation") {
      this.#generations.set(record.generation.id, record.generation);
    } else if (record.kind === "source") {
      this.#sources.set(record.source.source, record.source);
    }
  }
}
