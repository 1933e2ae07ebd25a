/**
 * The catalogue: which generations there are, each source's identity and epoch, and what people have
 * asked for that outlives a process. It is the compacted `control` topic; this is its newest state as
 * far as it was read. Each kind of record has one writer at a time; everybody reads.
 */
import {
  nextEpoch,
  type AuditCertificate,
  type DocumentId,
  type Generation,
  type GenerationId,
  type Rehearsal,
  type RunbookName,
  type SourceName,
} from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import { readRange } from "../read-range.ts";
import { controlTopic } from "../topics.ts";
import { beganAnew } from "./began-anew.ts";
import type { ReplayJob } from "./replay-job.ts";

export interface SourceRecord {
  readonly source: SourceName;
  /** What the source's order hangs on; another one begins a new epoch. */
  readonly identity: string;
  readonly epoch: number;
  /** What the source was when it was last opened, such as a folder's device and inode. */
  readonly root: string | null;
  /** Until it was listed whole once under this epoch. */
  readonly snapshotDue: boolean;
  /** What whoever reads the source must know to go on, in its own words; gone with its epoch. */
  readonly state?: string;
}

const acceptedMax = 10_000;

type ControlRecord =
  | { readonly kind: "generation"; readonly generation: Generation }
  | { readonly kind: "source"; readonly source: SourceRecord }
  | { readonly kind: "accepted"; readonly documentId: DocumentId }
  | { readonly kind: "audit"; readonly certificate: KeptCertificate }
  | { readonly kind: "rehearsal"; readonly rehearsal: Rehearsal }
  | { readonly kind: "replay"; readonly job: ReplayJob }
  | ({ readonly kind: "replayed" } & Replayed);

/** One that an older release kept does not tell what was set aside. */
type KeptCertificate = Omit<AuditCertificate, "setAside"> & Partial<AuditCertificate>;

/** How many documents of a replay a process has done. */
export interface Replayed {
  readonly job: string;
  /** A name that no other process has, and none had before. */
  readonly instance: string;
  readonly documents: number;
}

export class Catalogue {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #logger: Pick<PipelineLogger, "warn"> | null;
  readonly #generations = new Map<GenerationId, Generation>();
  readonly #sources = new Map<SourceName, SourceRecord>();
  readonly #accepted = new Set<DocumentId>();
  readonly #audits = new Map<SourceName, AuditCertificate>();
  readonly #rehearsals = new Map<RunbookName, Rehearsal>();
  readonly #replays = new Map<string, ReplayJob>();
  /** By job, by process. */
  readonly #replayed = new Map<string, Map<string, number>>();
  /** Where reading goes on, by partition. */
  #next = new Map<number, number>();
  #identity: string | null = null;
  #refreshing: Promise<void> = Promise.resolve();

  private constructor(log: EventLog, clock: Clock, logger: Pick<PipelineLogger, "warn"> | null) {
    this.#log = log;
    this.#clock = clock;
    this.#logger = logger;
  }

  static async load(
    log: EventLog,
    clock: Clock,
    logger: Pick<PipelineLogger, "warn"> | null = null,
  ): Promise<Catalogue> {
    const catalogue = new Catalogue(log, clock, logger);
    await catalogue.refresh();
    return catalogue;
  }

  /** Reads what was written since. A topic that was made anew is given back what is known here. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.catch(() => {}).then(() => this.#refresh());
    return this.#refreshing;
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

  /** A person has looked at the document's suspicious extraction and accepted it. */
  isAccepted(id: DocumentId): boolean {
    return this.#accepted.has(id);
  }

  /** The last of each source. */
  get audits(): readonly AuditCertificate[] {
    return [...this.#audits.values()];
  }

  putAudit(certificate: AuditCertificate): Promise<void> {
    return this.#put([{ kind: "audit", certificate }]);
  }

  /** The last of each runbook. */
  get rehearsals(): readonly Rehearsal[] {
    return [...this.#rehearsals.values()];
  }

  putRehearsal(rehearsal: Rehearsal): Promise<void> {
    return this.#put([{ kind: "rehearsal", rehearsal }]);
  }

  /** By age, oldest first. */
  get replays(): readonly ReplayJob[] {
    return [...this.#replays.values()].sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  replay(id: string): ReplayJob | null {
    return this.#replays.get(id) ?? null;
  }

  /** Documents that all processes have done of a replay, those done again after a crash included. */
  replayed(id: string): number {
    return [...(this.#replayed.get(id)?.values() ?? [])].reduce((sum, each) => sum + each, 0);
  }

  /** All in one append, so that a switch is never half there. */
  putGenerations(generations: readonly Generation[]): Promise<void> {
    return this.#put(generations.map((generation) => ({ kind: "generation", generation })));
  }

  accept(ids: readonly DocumentId[]): Promise<void> {
    return this.#put(ids.map((documentId) => ({ kind: "accepted", documentId })));
  }

  putReplay(job: ReplayJob): Promise<void> {
    return this.#put([{ kind: "replay", job }]);
  }

  noteReplayed(replayed: Replayed): Promise<void> {
    return this.#put([{ kind: "replayed", ...replayed }]);
  }

  /** As if they had never been. */
  async forgetReplays(ids: readonly string[]): Promise<void> {
    const keys = ids.flatMap((id) => [
      ...[...(this.#replayed.get(id)?.keys() ?? [])].map((instance) => replayedKey(id, instance)),
      replayKey(id),
    ]);
    if (keys.length === 0) return;
    await this.#log.append(
      controlTopic,
      keys.map((key) => ({ key, partitionKey: "generations", value: null })),
    );
    await this.refresh();
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

  putSource(record: SourceRecord): Promise<void> {
    return this.#put([{ kind: "source", source: record }]);
  }

  async #put(records: readonly ControlRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#append(records);
    // Read back and not only kept: whatever others wrote before it comes before it here too.
    await this.refresh();
  }

  async #refresh(): Promise<void> {
    const { id } = await this.#log.identity(controlTopic);
    if (this.#identity !== null && this.#identity !== id) await this.#readAnew();
    this.#identity = id;
    await this.#read();
  }

  /**
   * The topic is another: what it lacks of what is known here is written again. Several processes may
   * do so at once: what they know of a lost topic is the same.
   */
  async #readAnew(): Promise<void> {
    const known = this.#known();
    this.#next = new Map();
    const there = await this.#read();
    const lost = known.filter((record) => !there.has(keyOf(record)));
    if (lost.length === 0) return;
    await this.#append(lost);
    this.#logger?.warn({ records: lost.length }, beganAnew.catalogue);
  }

  #known(): readonly ControlRecord[] {
    return [
      ...this.generations.map((generation) => ({ kind: "generation" as const, generation })),
      ...[...this.#sources.values()].map((source) => ({ kind: "source" as const, source })),
      ...[...this.#accepted].map((documentId) => ({ kind: "accepted" as const, documentId })),
      ...this.audits.map((certificate) => ({ kind: "audit" as const, certificate })),
      ...this.rehearsals.map((rehearsal) => ({ kind: "rehearsal" as const, rehearsal })),
      ...this.replays.map((job) => ({ kind: "replay" as const, job })),
    ];
  }

  async #append(records: readonly ControlRecord[]): Promise<void> {
    await this.#log.append(
      controlTopic,
      records.map((record) => ({
        key: keyOf(record),
        partitionKey: record.kind === "source" ? keyOf(record) : "generations",
        value: JSON.stringify({ v: 1, ...record }),
      })),
      { durable: true },
    );
  }

  /** @returns the keys of what was read */
  async #read(): Promise<ReadonlySet<string>> {
    const keys = new Set<string>();
    for (const range of await this.#log.ranges(controlTopic)) {
      const { end, partition } = range;
      const begin = Math.max(range.begin, this.#next.get(partition) ?? 0);
      this.#next.set(partition, begin);
      for await (const records of readRange(this.#log, controlTopic, { begin, end, partition })) {
        for (const { key, offset, value } of records) {
          keys.add(key);
          if (value === null) this.#forget(key);
          else this.#take(value);
          this.#next.set(partition, offset + 1);
        }
      }
    }
    return keys;
  }

  #forget(key: string): void {
    const [kind, job = "", instance = ""] = key.split("/");
    if (kind === "replay") this.#replays.delete(job);
    if (kind !== "replayed") return;
    this.#replayed.get(job)?.delete(instance);
    if (this.#replayed.get(job)?.size === 0) this.#replayed.delete(job);
  }

  #take(value: string): void {
    const record = JSON.parse(value) as ControlRecord;
    switch (record.kind) {
      case "generation":
        this.#generations.set(record.generation.id, record.generation);
        break;
      case "source":
        this.#sources.set(record.source.source, record.source);
        break;
      case "accepted":
        if (this.#accepted.size < acceptedMax) this.#accepted.add(record.documentId);
        break;
      case "audit":
        this.#audits.set(record.certificate.source, {
          ...record.certificate,
          setAside: record.certificate.setAside ?? { documents: 0, examples: [] },
        });
        break;
      case "rehearsal":
        this.#rehearsals.set(record.rehearsal.runbook, record.rehearsal);
        break;
      case "replay":
        this.#replays.set(record.job.id, record.job);
        break;
      case "replayed": {
        const byInstance = this.#replayed.get(record.job) ?? new Map<string, number>();
        this.#replayed.set(record.job, byInstance.set(record.instance, record.documents));
      }
    }
  }
}

function keyOf(record: ControlRecord): string {
  switch (record.kind) {
    case "generation":
      return `generation/${record.generation.id}`;
    case "source":
      return `source/${record.source.source}`;
    case "accepted":
      return `accepted/${record.documentId}`;
    case "audit":
      return `audit/${record.certificate.source}`;
    case "rehearsal":
      return `rehearsal/${record.rehearsal.runbook}`;
    case "replay":
      return replayKey(record.job.id);
    case "replayed":
      return replayedKey(record.job, record.instance);
  }
}

const replayKey = (id: string) => `replay/${id}`;
const replayedKey = (id: string, instance: string) => `replayed/${id}/${instance}`;
