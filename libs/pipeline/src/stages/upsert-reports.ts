/** What the upserter tells of its work: receipts, and dead letters for single chunks. */
import { noChunks, type GenerationId, type HashedChunk } from "@tidemark/domain";
import { documentOf, type ChunkPart } from "../chunk-record.ts";
import type { PoisonError } from "../errors.ts";
import type { PipelineObserver } from "../observer.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { publishReceipts, receiptFor, tokensOfCharacters } from "../receipts.ts";
import { publishDeadLetters } from "../run-stage/dead-letters.ts";
import { chunksTopic, upserterGroup } from "../topics.ts";
import type { PartsLedger } from "./parts-ledger.ts";
import type { Vectors } from "./vectors-for.ts";

interface Reporting {
  readonly log: EventLog;
  readonly generation: GenerationId;
  readonly embedder: Embedder;
  readonly clock: Clock;
  readonly observer: PipelineObserver;
}

export class UpsertReports {
  readonly #with: Reporting;

  constructor(dependencies: Reporting) {
    this.#with = dependencies;
  }

  /** Revisions that have just become live. */
  async indexed(
    works: readonly { readonly part: ChunkPart }[],
    vectors: Vectors,
    ledger: PartsLedger,
    times: { readonly beganAtMs: number; readonly writeAtMs: number },
  ): Promise<void> {
    const { log, observer, generation, clock } = this.#with;
    if (works.length === 0) return;
    const atMs = clock.nowMs();
    const receipts = works.map(({ part }) => {
      const { chunks, tokens, cost } = ledger.take(part);
      return receiptFor(part.mutation, {
        generation,
        stage: "upserter",
        outcome: chunks.kept === part.digests?.length ? "unchanged" : "indexed",
        change: "content",
        atMs,
        timings: {
          queueMs: Math.max(0, part.chunkedAtMs - part.chunkMs - part.mutation.observedAtMs),
          chunkMs: part.chunkMs,
          waitMs: Math.max(0, times.beganAtMs - part.chunkedAtMs),
          embedMs: vectors.embedMs,
          writeMs: atMs - times.writeAtMs,
        },
        chunks,
        tokens: Math.round(tokens),
        ...this.#saved(part, chunks),
        cost,
      });
    });
    await publishReceipts(log, observer, receipts);
  }

  async passedOver(part: ChunkPart, outcome: "superseded" | "unchanged"): Promise<void> {
    const { log, observer, generation, clock } = this.#with;
    await publishReceipts(log, observer, [
      receiptFor(part.mutation, {
        generation,
        stage: "upserter",
        outcome,
        change: "content",
        atMs: clock.nowMs(),
      }),
    ]);
  }

  async failed(part: ChunkPart, error: PoisonError): Promise<void> {
    const { log, observer, generation, clock } = this.#with;
    await publishReceipts(log, observer, [
      receiptFor(part.mutation, {
        generation,
        stage: "upserter",
        outcome: "failed",
        reason: error.reason,
        change: "content",
        chunks: noChunks,
        atMs: clock.nowMs(),
      }),
    ]);
  }

  /** Tokens of chunks that needed no embedding, as an estimate by their share of characters. */
  #saved(part: ChunkPart, counts: { readonly kept: number; readonly reused: number }) {
    const total = part.digests?.length ?? 0;
    if (total === 0) return { tokensSaved: 0 };
    const tokens = tokensOfCharacters(part.characters);
    const unchanged = Math.round(tokens * (counts.kept / total));
    const reused = Math.round(tokens * (counts.reused / total));
    return { tokensSaved: unchanged + reused, saved: { unchanged, reused, payload: 0 } };
  }

  /** Single chunks that can never be embedded; a document is told of them once for each part. */
  async refused(works: readonly { readonly part: ChunkPart }[], vectors: Vectors): Promise<void> {
    if (vectors.refused.size === 0) return;
    const { log, generation, clock, observer } = this.#with;
    const isRefused = ({ textHash }: HashedChunk) => vectors.refused.has(textHash);
    // A document without one chunk that can be embedded is set aside whole.
    const told = works.filter(({ part }) => part.parts > 1 || !part.chunks.every(isRefused));
    const letters = told.flatMap(({ part }) =>
      part.chunks.flatMap((chunk) => {
        const error = vectors.refused.get(chunk.textHash);
        if (!error) return [];
        observer.deadLetter("upserter", error.reason);
        return {
          stage: "upserter",
          group: upserterGroup(generation),
          generation,
          documentId: documentOf(part),
          revision: part.mutation.revision,
          chunk: chunk.chunkHash,
          topic: chunksTopic(generation),
          partition: -1,
          offset: -1,
          reason: error.reason,
          message: error.message,
          attempts: 1,
          atMs: clock.nowMs(),
          state: "open" as const,
        };
      }),
    );
    await publishDeadLetters(log, letters);
  }
}
