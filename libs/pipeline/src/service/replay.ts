/**
 * What an operator asks of replays: how much one would be, to begin it, how far it is, and to change
 * it while it runs. What runs them is elsewhere, and may be in other processes: both know of a job
 * through the catalogue alone.
 */
import { isConsuming, type DocumentId, type GenerationId } from "@tidemark/domain";
import {
  RequestError,
  type ReplayChange,
  type ReplayReport,
  type ReplayRequest,
  type ReplayView,
} from "../operations.ts";
import type { EventLog, LogRecord, PartitionRange } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { mutationInScope } from "../stages/replay.ts";
import { readRange } from "../read-range.ts";
import { mutationsTopic, replayGroup } from "../topics.ts";
import type { Catalogue } from "./catalogue.ts";
import {
  changedReplay,
  endsOf,
  leftMsOf,
  replayOf,
  shareOf,
  type ReplayJob,
  type ReplayScope,
} from "./replay-job.ts";

export interface ReplayerOptions {
  readonly log: EventLog;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  /** Makes an id that is never used twice. */
  readonly newId: () => string;
}

/** Each may be as large as a record can be. */
const readBatch = 100;
/** Running or paused. */
const openMax = 100;

export class Replayer {
  readonly #options: ReplayerOptions;

  constructor(options: ReplayerOptions) {
    this.#options = options;
  }

  /** A dry run counts; otherwise it begins, over what was counted. */
  async replay(request: ReplayRequest): Promise<ReplayReport> {
    const { catalogue, log } = this.#options;
    const { document, dryRun, force, perSecond, sinceMs, source } = request;
    const generation = this.#generation(request.generation);
    const scope = { source, document, sinceMs, force };
    const ranges = await log.ranges(mutationsTopic);
    const counted = await this.#count(scope, ranges);
    const report = { generation, dryRun, ...counted };
    if (dryRun) return { ...report, id: null, started: false };
    this.#refuseTooMany();
    const { documents } = counted;
    const wanted = { ...scope, perSecond, documents, ends: endsOf(ranges) };
    const job = await replayOf(log, generation, wanted, this.#options);
    await catalogue.putReplay(job);
    return { ...report, id: job.id, started: true };
  }

  async list(): Promise<readonly ReplayView[]> {
    const { catalogue, log } = this.#options;
    await catalogue.refresh();
    const ranges = await log.ranges(mutationsTopic);
    const views = await Promise.all(catalogue.replays.map((job) => this.#view(job, ranges)));
    return views.toReversed();
  }

  async change(id: string, change: ReplayChange): Promise<ReplayView> {
    const { catalogue, clock, log } = this.#options;
    await catalogue.refresh();
    const job = catalogue.replay(id);
    if (!job) throw new RequestError(404, "unknown-replay", `no replay ${id}`);
    const ranges = await log.ranges(mutationsTopic);
    const share = await this.#share(job, ranges);
    const changed = changedReplay(job, change, { nowMs: clock.nowMs(), share });
    await catalogue.putReplay(changed);
    return this.#view(changed, ranges);
  }

  async #view(job: ReplayJob, ranges: readonly PartitionRange[]): Promise<ReplayView> {
    const { catalogue, clock } = this.#options;
    const { createdAtMs, ends: _ends, log: _log, paced: _paced, ...facts } = job;
    const share = await this.#share(job, ranges);
    return {
      ...facts,
      startedAtMs: createdAtMs,
      share,
      documentsDone: catalogue.replayed(job.id),
      leftMs: leftMsOf(job, share, clock.nowMs()),
    };
  }

  async #share(job: ReplayJob, ranges: readonly PartitionRange[]): Promise<number> {
    if (job.state === "done") return 1;
    if (job.state === "cancelled") return job.paced.share;
    const done = await this.#options.log.acknowledged(mutationsTopic, replayGroup(job.id));
    return shareOf(job, ranges, done);
  }

  #generation(wanted: GenerationId | null): GenerationId {
    const { catalogue } = this.#options;
    const generation = wanted ? catalogue.generation(wanted) : catalogue.active;
    if (!generation) {
      throw new RequestError(404, "unknown-generation", `no generation ${wanted ?? "is active"}`);
    }
    if (!isConsuming(generation.state)) {
      throw new RequestError(
        409,
        "generation-retired",
        `generation ${generation.id} is ${generation.state}: nothing is written to it any more`,
      );
    }
    return generation.id;
  }

  #refuseTooMany(): void {
    const open = this.#options.catalogue.replays.filter(({ endedAtMs }) => endedAtMs === null);
    if (open.length < openMax) return;
    throw new RequestError(
      409,
      "too-many-replays",
      `${open.length} replays are running or paused: cancel some, or wait until they are done`,
    );
  }

  /** By the newest records of the range, of which nothing is kept but the ids. */
  async #count(
    scope: ReplayScope,
    ranges: readonly PartitionRange[],
  ): Promise<{ readonly documents: number; readonly records: number; readonly bytes: number }> {
    const documents = new Set<DocumentId>();
    let records = 0;
    let bytes = 0;
    for await (const record of this.#recordsOf(ranges)) {
      const mutation = mutationInScope(scope, record);
      if (!mutation) continue;
      documents.add(mutation.documentId);
      records += 1;
      bytes += Buffer.byteLength(record.value ?? "");
    }
    return { documents: documents.size, records, bytes };
  }

  async *#recordsOf(ranges: readonly PartitionRange[]): AsyncGenerator<LogRecord> {
    const { log } = this.#options;
    for (const range of ranges) {
      for await (const records of readRange(log, mutationsTopic, range, readBatch)) yield* records;
    }
  }
}
