/**
 * Mutations → chunks. Fetches the content that was pinned, extracts its text and cuts it. Deletes
 * and facets are the restrictor's; archived documents wait until they are not.
 */
import {
  actionFor,
  mayEmbed,
  newestRevisionOf,
  type CoalescingWindow,
  type Mutation,
  type SourceName,
} from "@tidemark/domain";
import type { UpsertMutation } from "../chunk-record.ts";
import { PoisonError, type PoisonReason } from "../errors.ts";
import { mapBounded } from "../map-bounded.ts";
import { publishReceipts, receiptFor } from "../receipts.ts";
import type { Stage } from "../run-stage/stage.ts";
import { chunkerGroup, chunksTopic, mutationsTopic, upserterGroup } from "../topics.ts";
import { DocumentChunker, type ChunkerDependencies } from "./document-chunker.ts";
import { MarkerPassage } from "./marker-passage.ts";
import { noteFailure } from "./note-failure.ts";
import { decodeOrPoison } from "./restrict.ts";
import { urgencyOf } from "./urgency.ts";

export interface ChunkDependencies extends ChunkerDependencies {
  /** Null where changes do not wait for one another. */
  readonly windowOf: (source: SourceName) => CoalescingWindow | null;
}

const documentsAtOnceMax = 4;
const recordsAheadMax = 1_000;
const aheadPollMs = 100;

export function chunkStage(
  dependencies: ChunkDependencies,
  chunker: DocumentChunker = new DocumentChunker(dependencies),
): Stage<UpsertMutation> {
  const { log, index, generation, clock, observer } = dependencies;
  const to = chunksTopic(generation);
  const markers = new MarkerPassage({ log, clock, from: mutationsTopic, to });
  return {
    name: "chunker",
    topic: mutationsTopic,
    group: chunkerGroup(generation),
    documentsMax: 16,
    concurrency: 2,

    decode(record) {
      const mutation = decodeOrPoison(record.value ?? "", record.offset);
      return isWork(mutation) ? mutation : null;
    },
    keyOf: (mutation) => mutation.documentId,
    urgencyOf: (mutation) => urgencyOf(mutation.reason),
    coalesce: (mutations) => newestRevisionOf(mutations, (mutation) => mutation.revision),
    windowOf: (mutation) =>
      mutation.reason === "change" ? dependencies.windowOf(mutation.source) : null,

    async handle(tasks, { signal, proves }) {
      const isBackfill = tasks.every((task) => task.items.every(canWait));
      if (isBackfill) await roomAhead(dependencies, signal);
      const wanted = tasks.flatMap((task) => task.items.at(-1) ?? []);
      // In one request for all of them, where each by itself would be a round trip.
      const manifests = await index.manifests(
        generation,
        wanted.map(({ documentId }) => documentId),
      );
      const read = wanted.map((mutation, at) => ({ mutation, manifest: manifests[at] }));
      await mapBounded(read, documentsAtOnceMax, async ({ manifest, mutation }) => {
        if (mutation.problem) throw refusalOf(mutation.problem);
        await chunker.chunk(mutation, signal, { proves, read: { manifest } });
      });
    },

    async setAside(task, error) {
      const mutation = task.items.at(-1);
      if (!mutation) throw new Error("a task without items");
      const place = { documentId: mutation.documentId, revision: mutation.revision };
      // The restrictor has hidden it and told so already.
      if (mutation.problem) return place;
      const outcome = error.reason === "extraction-suspicious" ? "held" : "failed";
      await noteFailure(dependencies, mutation, error);
      await publishReceipts(log, observer, [
        receiptFor(mutation, {
          generation,
          stage: "chunker",
          outcome,
          reason: error.reason,
          change: "content",
          atMs: clock.nowMs(),
        }),
      ]);
      return place;
    },

    passMarker: (marker, partition) => markers.pass(marker, partition),
  };
}

function canWait(mutation: UpsertMutation): boolean {
  return urgencyOf(mutation.reason) >= 2;
}

/**
 * A backfill goes no further ahead of the upserter than the upserter can look: or a live change,
 * published behind it, would wait for all of it.
 */
export async function roomAhead(
  { clock, generation, log }: Pick<ChunkDependencies, "clock" | "generation" | "log">,
  signal: AbortSignal,
): Promise<void> {
  const topic = chunksTopic(generation);
  const group = upserterGroup(generation);
  while (!signal.aborted && (await log.lag(topic, group)) > recordsAheadMax) {
    await clock.sleep(aheadPollMs, signal);
  }
}

/** What its source could not read is set aside here, where everything that fails to be cut is. */
function refusalOf(problem: NonNullable<UpsertMutation["problem"]>): PoisonError {
  return new PoisonError(problem.reason as PoisonReason, problem.message);
}

/** Documents whose content may have to be embedded, by the table of triggers; or that have a fault. */
function isWork(mutation: Mutation): mutation is UpsertMutation {
  return (mutation.kind === "upsert" && mutation.problem !== null) || hasContentToChunk(mutation);
}

export function hasContentToChunk(mutation: Mutation): mutation is UpsertMutation {
  if (mutation.kind !== "upsert" || mutation.body === null || mutation.problem) return false;
  return mayEmbed(actionFor(mutation.archived ? "archived" : "edited"));
}
