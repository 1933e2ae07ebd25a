/** One document's way from its pinned content to its chunks on the log. */
import {
  chunkDocument,
  ChunkLimitError,
  decideApply,
  encodeHint,
  hashChunk,
  normalizeText,
  placeChunks,
  suspiciousExtraction,
  type Chunk,
  type ChunkerSettings,
  type Content,
  type GenerationId,
  type Manifest,
  type Mutation,
  type Normalization,
  type PointDigest,
  type SourceName,
  type StructuredText,
  type Token,
} from "@tidemark/domain";
import { encodeChunkPart, partsOf, type UpsertMutation } from "../chunk-record.ts";
import { dependingOn, PoisonError } from "../errors.ts";
import type { PipelineObserver } from "../observer.ts";
import type { ContentStore } from "../ports/document-source.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { TextExtractor } from "../ports/extractor.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import { publishReceipts, receiptFor } from "../receipts.ts";
import { chunksTopic, hintsTopic } from "../topics.ts";

export interface ChunkerDependencies {
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
  /** Documents whose suspicious extraction a person has accepted. */
  readonly accepted: (mutation: Mutation) => boolean;
}

export interface ChunkOptions {
  /** Points that are there are verified and rewritten; a repair always does so. */
  readonly forced?: boolean;
  /** Something that others depend on has just answered. */
  readonly proves?: (dependency: string) => void;
  /** As it was read with those of others; asked for when it is not given. */
  readonly read?: { readonly manifest: Manifest | undefined };
}

export class DocumentChunker {
  readonly #dependencies: ChunkerDependencies;

  constructor(dependencies: ChunkerDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Publishes the document's chunks, unless this revision is live or passed already. `signal` stops
   * a long extraction.
   */
  async chunk(
    mutation: UpsertMutation,
    signal: AbortSignal,
    { forced = mutation.reason === "repair", proves = () => {}, read }: ChunkOptions = {},
  ): Promise<void> {
    const { body } = mutation;
    if (!body) return;
    const { clock, generation, index, log } = this.#dependencies;
    const beganAtMs = clock.nowMs();
    const [manifest] = read
      ? [read.manifest]
      : await index.manifests(generation, [mutation.documentId]);
    const { contentHash } = body;
    if (manifest && decideApply(manifest, mutation.revision, { forced, contentHash }) !== "apply") {
      return;
    }
    const bytes = await this.#fetchContent(mutation, body.content, proves);
    if (!bytes) return this.#stateAgain(mutation, forced);
    const { contentType, fileName } = body;
    const extraction = await this.#dependencies.extractor.extract({
      bytes,
      contentType,
      fileName,
      signal,
    });
    const { text, characters } = extraction;
    if (!this.#dependencies.accepted(mutation)) {
      refuseSuspicious(manifest?.indexed?.characters ?? 0, characters);
    }
    const chunks = this.#chunksOf(text);
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
      parts.map((part) => ({
        key: mutation.documentId,
        value: encodeChunkPart(part),
        trace: mutation.trace,
      })),
    );
  }

  /**
   * The points that the document's content has under this chunker, in order; null where the content
   * is no longer what was pinned. Publishes nothing.
   *
   * @throws PoisonError for content that cannot be read
   */
  async cut(mutation: UpsertMutation, signal: AbortSignal): Promise<readonly PointDigest[] | null> {
    const { body, documentId } = mutation;
    if (!body) return null;
    const bytes = await this.#fetchContent(mutation, body.content, () => {});
    if (!bytes) return null;
    const { contentType, fileName } = body;
    const extracting = { bytes, contentType, fileName, signal };
    const { text } = await this.#dependencies.extractor.extract(extracting);
    const chunks = this.#chunksOf(text).map(hashChunk);
    return placeChunks(this.#dependencies.generation, documentId, chunks).map(
      ({ digest }) => digest,
    );
  }

  async #fetchContent(
    mutation: UpsertMutation,
    content: Content,
    proves: (dependency: string) => void,
  ): Promise<Uint8Array | null> {
    if (content.kind === "text") return Buffer.from(content.text);
    if (content.kind === "bytes") return Buffer.from(content.base64, "base64");
    const store = this.#dependencies.contents.get(mutation.source);
    if (!store) {
      throw new PoisonError(
        "mapping-failed",
        `source ${mutation.source} is not configured any more`,
      );
    }
    const dependency = `source ${mutation.source}`;
    const fetched = await dependingOn(dependency, () => store.fetch(mutation.documentId, content));
    proves(dependency);
    return fetched;
  }

  /** The document has changed since it was pinned; a hint asks for what it is now. */
  async #stateAgain(mutation: UpsertMutation, forced: boolean): Promise<void> {
    const { clock, generation, log, observer } = this.#dependencies;
    await log.append(hintsTopic, [
      {
        key: mutation.documentId,
        value: encodeHint({
          source: mutation.source,
          documentId: mutation.documentId,
          epoch: mutation.revision.epoch,
          expects: "unknown",
          reason: forced ? "repair" : mutation.reason,
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

  #chunksOf(text: StructuredText): readonly Chunk[] {
    const { settings, normalization, countTokens } = this.#dependencies;
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
