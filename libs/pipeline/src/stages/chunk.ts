/**
 * Mutations → chunks. Fetches the content that was pinned, extracts its text and cuts it. Deletes
 * and facets are the restrictor's; archived documents wait until they are not.
 */
import {
  actionFor,
  chunkDocument,
  ChunkLimitError,
  decideApply,
  encodeHint,
  encodeMarker,
  hashChunk,
  markerKey,
  mayEmbed,
  normalizeText,
  survivors,
  suspiciousExtraction,
  type Chunk,
  type ChunkerSettings,
  type CoalescingWindow,
  type Content,
  type GenerationId,
  type Mutation,
  type MutationBody,
  type Normalization,
  type SourceName,
  type StructuredText,
  type Token,
} from "@tidemark/domain";
import { encodeChunkPart, partsOf, type UpsertMutation } from "../chunk-record.ts";
import { PoisonError } from "../errors.ts";
import { mapBounded } from "../map-bounded.ts";
import type { PipelineObserver } from "../observer.ts";
import type { ContentStore } from "../ports/document-source.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { TextExtractor } from "../ports/extractor.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import { publishReceipts, receiptFor } from "../receipts.ts";
import type { Stage } from "../run-stage/stage.ts";
import { chunkerGroup, chunksTopic, hintsTopic, mutationsTopic } from "../topics.ts";
import { noteFailure } from "./note-failure.ts";
import { decodeOrPoison } from "./restrict.ts";
import { urgencyOf } from "./urgency.ts";

export interface ChunkDependencies {
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly generation: GenerationId;
  readonly clock: Clock;
  readonly token: () => Token;
  readonly observer: PipelineObserver;
  readonly extractor: TextExtractor;
  readonly settings: ChunkerSettings;
  readonly normalization: Normalization;
  readonly countTokens: (text: string) => number;
  /** Where referenced content is fetched; pushed content travels inline. */
  readonly contents: ReadonlyMap<SourceName, ContentStore>;
  readonly windowOf: (source: SourceName) => CoalescingWindow;
  /** Documents whose suspicious extraction a person has accepted. */
  readonly accepted: (mutation: Mutation) => boolean;
}

const documentsAtOnceMax = 4;

export function chunkStage(dependencies: ChunkDependencies): Stage<Mutation> {
  const { log, index, generation, clock, observer } = dependencies;
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
    urgencyOf: (mutation) => (mutation.kind === "upsert" ? urgencyOf(mutation.reason) : 0),
    coalesce: (mutations) => survivors(mutations, () => null),
    windowOf: (mutation) =>
      mutation.kind === "upsert" && mutation.reason === "change"
        ? dependencies.windowOf(mutation.source)
        : null,

    async handle(tasks, { signal }) {
      await mapBounded(tasks, documentsAtOnceMax, async (task) => {
        const newest = task.items.at(-1);
        if (newest?.kind === "upsert" && newest.body) {
          await chunkOne(newest, newest.body, signal);
        }
      });
    },

    async setAside(task, error) {
      const mutation = task.items.at(-1);
      if (!mutation) throw new Error("a task without items");
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
      return { documentId: mutation.documentId, revision: mutation.revision };
    },

    async passMarker(marker) {
      const topic = chunksTopic(generation);
      const { partitions } = await log.identity(topic);
      await log.append(
        topic,
        Array.from({ length: partitions }, (_, partition) => ({
          key: markerKey(marker),
          value: encodeMarker(marker),
          partition,
        })),
      );
    },
  };

  async function chunkOne(
    mutation: UpsertMutation,
    body: MutationBody,
    signal: AbortSignal,
  ): Promise<void> {
    const beganAtMs = clock.nowMs();
    const [manifest] = await index.manifests(generation, [mutation.documentId]);
    const forced = mutation.reason === "repair";
    if (manifest && decideApply(manifest, mutation.revision, { forced }) !== "apply") return;
    const bytes = await fetchContent(mutation, body.content);
    if (!bytes) return stateAgain(mutation);
    const { contentType, fileName } = body;
    const extraction = await dependencies.extractor.extract({
      bytes,
      contentType,
      fileName,
      signal,
    });
    const { text, characters } = extraction;
    if (!dependencies.accepted(mutation)) {
      refuseSuspicious(manifest?.indexed?.characters ?? 0, characters);
    }
    const chunks = cut(text);
    const parts = partsOf(
      {
        mutation: { ...mutation, body: null },
        contentHash: body.contentHash,
        title: text.title,
        characters,
        forced,
        chunkedAtMs: clock.nowMs(),
        chunkMs: clock.nowMs() - beganAtMs,
      },
      chunks.map(hashChunk),
      generation,
    );
    await log.append(
      chunksTopic(generation),
      parts.map((part) => ({ key: mutation.documentId, value: encodeChunkPart(part) })),
    );
  }

  async function fetchContent(
    mutation: UpsertMutation,
    content: Content,
  ): Promise<Uint8Array | null> {
    if (content.kind === "text") return Buffer.from(content.text);
    if (content.kind === "bytes") return Buffer.from(content.base64, "base64");
    const store = dependencies.contents.get(mutation.source);
    if (!store) {
      throw new PoisonError(
        "mapping-failed",
        `source ${mutation.source} is not configured any more`,
      );
    }
    return store.fetch(mutation.documentId, content);
  }

  /** The document has changed since it was pinned; a hint asks for what it is now. */
  async function stateAgain(mutation: UpsertMutation): Promise<void> {
    await log.append(hintsTopic, [
      {
        key: mutation.documentId,
        value: encodeHint({
          source: mutation.source,
          documentId: mutation.documentId,
          epoch: mutation.revision.epoch,
          expects: "unknown",
          reason: mutation.reason,
          sourceTimeMs: mutation.sourceTimeMs,
          observedAtMs: mutation.observedAtMs,
          trace: mutation.trace,
        }),
      },
    ]);
    await publishReceipts(log, observer, [
      receiptFor(mutation, {
        generation,
        stage: "chunker",
        outcome: "stated-again",
        atMs: clock.nowMs(),
      }),
    ]);
  }

  function cut(text: StructuredText): readonly Chunk[] {
    const { settings, normalization, countTokens } = dependencies;
    try {
      return chunkDocument({ text: normalizeText(text, normalization), countTokens, settings });
    } catch (error) {
      if (!(error instanceof ChunkLimitError)) throw error;
      throw new PoisonError("chunk-limit", error.message, { cause: error });
    }
  }
}

/** 10 characters where 40 kB stood is more likely a broken extraction than an edit. */
function refuseSuspicious(previousCharacters: number, charactersOut: number): void {
  if (!suspiciousExtraction({ previousCharacters, charactersOut })) return;
  throw new PoisonError(
    "extraction-suspicious",
    `${charactersOut} characters of text where ${previousCharacters} stood; ` +
      "`tidemark dlq retry --force` accepts it",
  );
}

/** Documents whose content may have to be embedded, by the table of triggers. */
function isWork(mutation: Mutation): boolean {
  if (mutation.kind !== "upsert" || mutation.body === null) return false;
  return mayEmbed(actionFor(mutation.archived ? "archived" : "edited"));
}
