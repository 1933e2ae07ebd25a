/**
 * Replay: documents of a bounded range of `mutations` are chunked and embedded again at the
 * revision they have, in the backfill lane. No live group is set back for it, and no record is
 * appended to `mutations`: a restriction that comes meanwhile keeps its place.
 */
import { compareRevisions, decodeMutation, type DocumentId, type Mutation } from "@tidemark/domain";
import type { UpsertMutation } from "../chunk-record.ts";
import { PoisonError, TransientError } from "../errors.ts";
import type { ReplayReport, ReplayRequest } from "../operations.ts";
import type { EventLog, LogRecord } from "../ports/event-log.ts";
import type { PipelineLogger } from "../ports/world.ts";
import { mutationsTopic } from "../topics.ts";

export interface ReplayerOptions {
  readonly log: EventLog;
  readonly logger: PipelineLogger;
  /** Chunks a revision again in the active generation. */
  readonly rechunk: (mutation: UpsertMutation) => Promise<void>;
  /** Runs on after the answer. */
  readonly background: (work: () => Promise<void>) => void;
}

const readBatch = 1_000;

export class Replayer {
  readonly #options: ReplayerOptions;

  constructor(options: ReplayerOptions) {
    this.#options = options;
  }

  /** A dry run counts; otherwise each document's newest state is asked for. `force` verifies. */
  async replay(request: ReplayRequest): Promise<ReplayReport> {
    const newest = new Map<DocumentId, UpsertMutation>();
    let records = 0;
    let bytes = 0;
    for await (const record of this.#range()) {
      if (record.value === null) continue;
      const mutation = decodeMutation(record.value, record.offset);
      if (!("kind" in mutation) || !matches(mutation, record, request)) continue;
      records += 1;
      bytes += record.value.length;
      const before = newest.get(mutation.documentId);
      if (before && compareRevisions(before.revision, mutation.revision) > 0) continue;
      if (mutation.kind === "upsert") newest.set(mutation.documentId, mutation);
      else if (mutation.kind === "delete") newest.delete(mutation.documentId);
    }
    if (!request.dryRun) {
      const reason = request.force ? "repair" : "replay";
      this.#options.background(() => this.#again([...newest.values()], reason));
    }
    return {
      dryRun: request.dryRun,
      documents: newest.size,
      records,
      bytes,
      started: !request.dryRun,
    };
  }

  async #again(mutations: readonly UpsertMutation[], reason: "replay" | "repair"): Promise<void> {
    const { logger, rechunk } = this.#options;
    for (const mutation of mutations) {
      try {
        await rechunk({ ...mutation, reason });
      } catch (error) {
        if (!(error instanceof PoisonError) && !(error instanceof TransientError)) throw error;
        logger.warn(
          { document: mutation.documentId, problem: error.message },
          "document was not replayed",
        );
      }
    }
    logger.info({ documents: mutations.length }, "replay published");
  }

  async *#range(): AsyncGenerator<LogRecord> {
    const { log } = this.#options;
    for (const { partition, begin, end } of await log.ranges(mutationsTopic)) {
      let from = begin;
      while (from < end) {
        const bounds = { from, to: end, recordsMax: readBatch };
        const records = await log.read(mutationsTopic, partition, bounds);
        const last = records.at(-1);
        if (!last) break;
        yield* records;
        from = last.offset + 1;
      }
    }
  }
}

function matches(mutation: Mutation, record: LogRecord, request: ReplayRequest): boolean {
  if (request.source && mutation.source !== request.source) return false;
  if (request.document && mutation.documentId !== request.document) return false;
  return request.sinceMs === null || record.appendedAtMs >= request.sinceMs;
}
