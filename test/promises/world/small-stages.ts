/** The real stages, with what they need of the world around them. */
import type { GenerationId, Mutation, SourceName } from "@tidemark/domain";
import {
  chunkStage,
  resolveStage,
  restrictStage,
  silentObserver,
  tokenSource,
  upsertStage,
  type Clock,
  type ContentStore,
  type DocumentSource,
  type Embedder,
  type EventLog,
  type Stage,
  type VectorIndex,
} from "@tidemark/pipeline";
import { paragraphs } from "./paragraphs.ts";

export type StageName = "resolver" | "restrictor" | "chunker" | "upserter";

export interface Surroundings {
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly clock: Clock;
  /** Tokens of two processes never meet. */
  readonly process: string;
  readonly generation: GenerationId;
  readonly fingerprint: string;
  readonly embedder: Embedder;
  readonly source: SourceName;
  readonly from: DocumentSource;
  readonly contents: ContentStore;
  readonly window: { readonly waitMs: number; readonly documentsMax: number };
  readonly restate: (mutations: readonly Mutation[]) => Promise<void>;
}

const silent = () => {};

export function makeStage(name: StageName, around: Surroundings): Stage<never> {
  const { log, clock, embedder, source, from, contents, window, process, restate } = around;
  const shared = {
    ...around,
    token: tokenSource(process),
    observer: silentObserver,
    passed: silent,
    extractor: paragraphs,
    settings: { kind: "structure", tokensMax: 8, chunksMax: 1_000 } as const,
    normalization: "nfc" as const,
    countTokens: (text: string) => embedder.countTokens(text),
    contents: new Map([[source, contents]]),
    windowOf: () => window,
    accepted: () => false,
  };
  switch (name) {
    case "resolver": {
      const sources = new Map([[source, from]]);
      return resolveStage({ log, sources, clock, blocked: silent }) as Stage<never>;
    }
    case "restrictor":
      return restrictStage(shared) as Stage<never>;
    case "chunker":
      return chunkStage(shared) as Stage<never>;
    case "upserter":
      return upsertStage({
        ...shared,
        isActive: () => true,
        restate: (part) => restate([part.mutation]),
      }) as Stage<never>;
  }
}
