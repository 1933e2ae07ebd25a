/**
 * Runs the replays of the catalogue in a process that chunks. Every such process runs all of them as
 * one group each, and shares their documents with the others; whoever sees the end of one says so.
 * A paused one is not run at all: where it stands is its group's, and outlives every process.
 */
import { isConsuming } from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import { Pace } from "../stages/pace.ts";
import { chunksTopic, mutationsTopic, replayGroup, upserterGroup } from "../topics.ts";
import type { Catalogue } from "./catalogue.ts";
import type { GenerationLine } from "./generation-line.ts";
import type { GenerationLines } from "./generation-lines.ts";
import { hasPassed } from "./has-passed.ts";
import { mutationsIdentity, type ReplayJob } from "./replay-job.ts";
import type { StageBoard } from "./stage-board.ts";

export interface ReplaysOptions {
  readonly catalogue: Catalogue;
  readonly lines: Pick<GenerationLines, "line">;
  readonly board: Pick<StageBoard, "conditions">;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  /** A name that no other process has, and none had before. */
  readonly instance: string;
  /** Called with whatever ends a stage that was not told to stop. */
  readonly failed: (error: unknown) => void;
}

interface Running {
  readonly line: GenerationLine;
  readonly pace: Pace;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  /** Where the chunks ended when all of them were published. */
  chunksEnds: ReadonlyMap<number, number> | null;
}

/** Documents that this process did of a job, and how many of them the others know of. */
interface Count {
  documents: number;
  told: number;
  toldAtMs: number;
}

const lookEveryMs = 500;
const tellEveryMs = 2_000;
/** The others wait their turn, oldest first. */
const jobsAtOnceMax = 4;
const endedKeptMs = 24 * 3_600_000;
const endedKeptMax = 100;

export class Replays {
  readonly #options: ReplaysOptions;
  readonly #running = new Map<string, Running>();
  readonly #counts = new Map<string, Count>();

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  /** Follows the catalogue, which others keep fresh, until aborted; then stops every replay. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ problem: error.message }, "replays wait");
      }
      await clock.sleep(lookEveryMs, signal);
    }
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
  }

  async #look(): Promise<void> {
    const { catalogue, lines, log } = this.#options;
    const jobs = catalogue.replays.filter(({ state }) => state === "running");
    const due = new Map(jobs.slice(0, jobsAtOnceMax).map((job) => [job.id, job]));
    for (const [id, { line }] of this.#running) {
      const job = due.get(id);
      if (!job || lines.line(job.generation) !== line) await this.#stop(id);
    }
    const identity = due.size === 0 ? "" : await mutationsIdentity(log);
    for (const job of due.values()) await this.#advance(job, identity);
    await this.#forgetOld();
  }

  async #advance(job: ReplayJob, identity: string): Promise<void> {
    const { catalogue, lines, logger } = this.#options;
    const generation = catalogue.generation(job.generation);
    const isMeant = generation !== null && isConsuming(generation.state);
    if (!isMeant || job.log !== identity) {
      await this.#stop(job.id);
      await this.#end(job, "cancelled");
      logger.warn({ replay: job.id, generation: job.generation }, "what a replay covers is gone");
      return;
    }
    const line = lines.line(job.generation);
    if (!line?.isRunning) return;
    const running = this.#running.get(job.id) ?? this.#start(job, line);
    running.pace.set(this.#ownPace(job, line));
    await this.#tell(job.id, tellEveryMs);
    if (!(await this.#isDone(job, running))) return;
    await this.#stop(job.id);
    await this.#end(job, "done");
    logger.info({ replay: job.id }, "replay is done");
  }

  #start(job: ReplayJob, line: GenerationLine): Running {
    const { clock, failed, logger } = this.#options;
    const pace = new Pace(clock);
    pace.set(this.#ownPace(job, line));
    const stop = new AbortController();
    const count = this.#counts.get(job.id) ?? { documents: 0, told: 0, toldAtMs: clock.nowMs() };
    this.#counts.set(job.id, count);
    const replayed = (documents: number) => {
      count.documents += documents;
    };
    const done = line
      .replay(job, { pace, replayed, signal: stop.signal })
      .catch((error: unknown) => failed(error));
    const running: Running = { line, pace, stop, done, chunksEnds: null };
    this.#running.set(job.id, running);
    logger.info({ replay: job.id, generation: job.generation }, "replay runs");
    return running;
  }

  async #stop(id: string): Promise<void> {
    const running = this.#running.get(id);
    if (!running) return;
    running.stop.abort();
    await running.done;
    this.#running.delete(id);
    await this.#tell(id, 0).catch(ignoreTransient);
  }

  /** This process's part of the pace that all of them have together. */
  #ownPace({ generation, perSecond }: ReplayJob, { partitions }: GenerationLine): number | null {
    if (perSecond === null) return null;
    const chunkers = this.#options.board
      .conditions()
      .filter((each) => each.stage === "chunker" && each.generation === generation).length;
    // Who holds no partition has no part in it.
    return perSecond / Math.max(1, Math.min(chunkers, partitions.mutations));
  }

  async #tell(job: string, everyMs: number): Promise<void> {
    const { catalogue, clock, instance } = this.#options;
    const count = this.#counts.get(job);
    const nowMs = clock.nowMs();
    if (!count || count.documents === count.told || nowMs - count.toldAtMs < everyMs) return;
    const { documents } = count;
    await catalogue.noteReplayed({ job, instance, documents });
    count.told = documents;
    count.toldAtMs = nowMs;
  }

  /** All of its range is chunked, and what was chunked until then is searchable. */
  async #isDone(job: ReplayJob, running: Running): Promise<boolean> {
    const { log } = this.#options;
    if (!running.chunksEnds) {
      const ends = new Map(Object.entries(job.ends).map(([at, end]) => [Number(at), end]));
      const of = { topic: mutationsTopic, group: replayGroup(job.id) };
      if (!(await hasPassed(log, of, ends))) return false;
      const ranges = await log.ranges(chunksTopic(job.generation));
      running.chunksEnds = new Map(ranges.map(({ end, partition }) => [partition, end]));
    }
    const of = { topic: chunksTopic(job.generation), group: upserterGroup(job.generation) };
    return hasPassed(log, of, running.chunksEnds);
  }

  /** The same, whoever says it and how often. */
  async #end(job: ReplayJob, state: "cancelled" | "done"): Promise<void> {
    const { catalogue, clock } = this.#options;
    await catalogue.refresh();
    const now = catalogue.replay(job.id);
    if (now === null || now.endedAtMs !== null) return;
    await catalogue.putReplay({ ...now, state, endedAtMs: clock.nowMs() });
  }

  async #forgetOld(): Promise<void> {
    const { catalogue, clock } = this.#options;
    const beforeMs = clock.nowMs() - endedKeptMs;
    const ended = catalogue.replays.filter(({ endedAtMs }) => endedAtMs !== null).toReversed();
    const old = ended.filter(
      ({ endedAtMs }, at) => at >= endedKeptMax || (endedAtMs ?? 0) < beforeMs,
    );
    if (old.length > 0) await catalogue.forgetReplays(old.map(({ id }) => id));
    for (const { id } of ended) this.#counts.delete(id);
  }
}

function ignoreTransient(error: unknown): void {
  if (!(error instanceof TransientError)) throw error;
}
