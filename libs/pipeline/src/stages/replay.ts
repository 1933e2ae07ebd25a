/**
 * A bounded range of `mutations` → chunks, again: a group of its own beside the live one, which is
 * never set back. What it publishes goes in the backfill lane, and what is no longer the newest of
 * its document is left to be found superseded. Deletes and facets are none of its business, nor are
 * records that nobody could read: the live group has set those aside.
 */
import { decodeMutation } from "@tidemark/domain";
import type { UpsertMutation } from "../chunk-record.ts";
import { mapBounded } from "../map-bounded.ts";
import type { LogRecord } from "../ports/event-log.ts";
import type { Stage } from "../run-stage/stage.ts";
import type { ReplayJob, ReplayScope } from "../service/replay-job.ts";
import { chunkerGroup, replayGroup } from "../topics.ts";
import { chunkStage, hasContentToChunk, roomAhead, type ChunkDependencies } from "./chunk.ts";
import type { DocumentChunker } from "./document-chunker.ts";
import type { Pace } from "./pace.ts";

export interface ReplayDependencies extends ChunkDependencies {
  readonly pace: Pace;
  /** So many documents more are done. */
  readonly replayed: (documents: number) => void;
}

const documentsMax = 4;
const concurrency = 2;
/** So many go on before it is looked again how far the upserter is: a look costs more than they do. */
const unlookedMax = 64;

export function replayStage(
  job: ReplayJob,
  dependencies: ReplayDependencies,
  chunker: DocumentChunker,
): Stage<UpsertMutation> {
  const { generation, pace, replayed } = dependencies;
  const live = chunkStage(dependencies, chunker);
  let unlooked = unlookedMax;
  return {
    name: "replayer",
    topic: live.topic,
    group: replayGroup(job.id),
    // A retry of a dead letter, or its document's next revision, ends it for both.
    lettersOf: chunkerGroup(generation),
    documentsMax,
    concurrency,

    decode(record) {
      if (record.offset >= (job.ends[String(record.partition)] ?? 0)) return null;
      const mutation = mutationInScope(job, record);
      return mutation && { ...mutation, reason: "replay" };
    },
    keyOf: (mutation) => live.keyOf(mutation),
    urgencyOf: () => 3,
    coalesce: (mutations) => live.coalesce?.(mutations) ?? mutations,

    async handle(tasks, { signal, proves }) {
      unlooked += tasks.length;
      if (unlooked > unlookedMax) {
        unlooked = 0;
        await roomAhead(dependencies, signal);
      }
      await mapBounded(tasks, documentsMax, async ({ items }) => {
        const newest = items.at(-1);
        if (!newest) return;
        await pace.next(signal);
        await chunker.chunk(newest, signal, { forced: job.force, proves });
      });
      replayed(tasks.length);
    },

    async setAside(task, error, attempts) {
      const place = await live.setAside(task, error, attempts);
      replayed(1);
      return place;
    },

    // It is the live group that says what has been passed.
    passMarker: async () => {},
  };
}

/** The record's mutation, where a replay of this scope would handle it. */
export function mutationInScope(scope: ReplayScope, record: LogRecord): UpsertMutation | null {
  const { document, sinceMs, source } = scope;
  if (record.value === null) return null;
  if (sinceMs !== null && record.appendedAtMs < sinceMs) return null;
  if (document !== null && record.key !== document) return null;
  const mutation = decodeMutation(record.value, record.offset);
  if (!("kind" in mutation) || !hasContentToChunk(mutation)) return null;
  return source === null || mutation.source === source ? mutation : null;
}
