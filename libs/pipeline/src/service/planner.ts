/**
 * Says what a changed recipe will touch and cost before it does: documents, chunks, tokens, bytes
 * and money, from the documents themselves, sampled where they are many.
 */
import {
  chunkDocument,
  decodeMutation,
  fingerprintOf,
  hashChunk,
  normalizeText,
  type ChunkerSettings,
  type Generation,
  type Mutation,
  type Normalization,
  type Recipe,
  type SourceName,
} from "@tidemark/domain";
import { PoisonError } from "../errors.ts";
import type { PlanReport } from "../operations.ts";
import type { ContentStore } from "../ports/document-source.ts";
import type { EventLog, LogRecord } from "../ports/event-log.ts";
import type { TextExtractor } from "../ports/extractor.ts";
import { readRange } from "../read-range.ts";
import { mutationsTopic } from "../topics.ts";

export interface PlanOptions {
  readonly log: EventLog;
  readonly contents: ReadonlyMap<SourceName, ContentStore>;
  readonly extractor: TextExtractor;
  /** Counts as the wanted embedder counts. */
  readonly countTokens: (text: string) => number;
  /** Special tokens around each text that the embedder charges or runs. */
  readonly tokensPerText: number;
  readonly price: { readonly perMillionTokens: number; readonly currency: string } | null;
  /** Tokens a minute that this process embeds, where that is known. */
  readonly tokensPerMinute: number | null;
}

/** Content may be inline. */
const readBatch = 200;
/** Documents whose chunks are counted; past it the rest is estimated by bytes. */
const sampleMax = 2_000;
const bytesPerFloat = 4;

export async function planGeneration(
  active: Generation | null,
  recipe: Recipe,
  options: PlanOptions,
): Promise<Omit<PlanReport, "building">> {
  const wantedFingerprint = fingerprintOf(recipe);
  const documents = await newestDocuments(options.log);
  const totalBytes = documents.reduce((sum, each) => sum + each.sizeBytes, 0);
  const sample = spread(documents, sampleMax);
  const texts = new Set<string>();
  let chunks = 0;
  let tokens = 0;
  let sampledBytes = 0;
  for await (const document of readAt(options.log, sample)) {
    sampledBytes += document.body?.sizeBytes ?? 0;
    for (const chunk of await chunksOf(document, recipe, options)) {
      chunks += 1;
      const key = `${document.tenant} ${chunk.textHash}`;
      if (texts.has(key)) continue;
      texts.add(key);
      tokens += options.countTokens(chunk.text) + options.tokensPerText;
    }
  }
  const scale = sampledBytes === 0 ? 1 : totalBytes / sampledBytes;
  const allTokens = Math.round(tokens * scale);
  const allChunks = Math.round(chunks * scale);
  const { price, tokensPerMinute } = options;
  return {
    needed: active?.fingerprint !== wantedFingerprint,
    current: active?.id ?? null,
    currentFingerprint: active?.fingerprint ?? null,
    wantedFingerprint,
    changes: active ? changesBetween(active.recipe, recipe) : [],
    documents: documents.length,
    chunks: allChunks,
    tokens: allTokens,
    bytes: allChunks * recipe.space.dimension * bytesPerFloat,
    price: price && {
      amount: (allTokens / 1_000_000) * price.perMillionTokens,
      currency: price.currency,
    },
    minutes: tokensPerMinute && allTokens / tokensPerMinute,
  };
}

type Upsert = Extract<Mutation, { kind: "upsert" }>;

/** Where a document's newest state is. Its content may be inline, and all of them are too many. */
interface Stated {
  readonly partition: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Of every document that has content, as the compacted log holds it. */
async function newestDocuments(log: EventLog): Promise<Stated[]> {
  const newest = new Map<string, Stated>();
  for await (const { partition, offset, value } of recordsOf(log)) {
    if (value === null) continue;
    const mutation = decodeMutation(value, offset);
    if (!("kind" in mutation) || mutation.kind === "facet") continue;
    if (mutation.kind === "upsert" && mutation.body && !mutation.archived) {
      const { sizeBytes } = mutation.body;
      newest.set(mutation.documentId, { partition, offset, sizeBytes });
    } else {
      newest.delete(mutation.documentId);
    }
  }
  return [...newest.values()];
}

/** Reads the log once more for the states at these places; what was compacted since is left out. */
async function* readAt(log: EventLog, places: readonly Stated[]): AsyncGenerator<Upsert> {
  const wanted = new Set(places.map(placeOf));
  for await (const record of recordsOf(log)) {
    if (record.value === null || !wanted.has(placeOf(record))) continue;
    const mutation = decodeMutation(record.value, record.offset);
    if ("kind" in mutation && mutation.kind === "upsert") yield mutation;
  }
}

function placeOf({ partition, offset }: { readonly partition: number; readonly offset: number }) {
  return `${partition}/${offset}`;
}

async function* recordsOf(log: EventLog): AsyncGenerator<LogRecord> {
  for (const range of await log.ranges(mutationsTopic)) {
    for await (const records of readRange(log, mutationsTopic, range, readBatch)) yield* records;
  }
}

async function chunksOf(document: Upsert, recipe: Recipe, options: PlanOptions) {
  const { body } = document;
  if (!body) return [];
  const bytes = await contentOf(document, options);
  if (!bytes) return [];
  try {
    const { contentType, fileName } = body;
    const { text } = await options.extractor.extract({ bytes, contentType, fileName });
    const normalized = normalizeText(text, recipe.normalizer.form as Normalization);
    const { chunker } = recipe;
    const kind: ChunkerSettings["kind"] = chunker.kind === "recursive" ? "recursive" : "structure";
    const settings = { kind, tokensMax: chunker.tokensMax, chunksMax: chunker.chunksMax };
    const { countTokens } = options;
    return chunkDocument({ text: normalized, countTokens, settings }).map(hashChunk);
  } catch (error) {
    // A document that cannot be chunked costs nothing; it is in the dead letters already.
    if (error instanceof PoisonError || error instanceof RangeError) return [];
    throw error;
  }
}

async function contentOf(document: Upsert, options: PlanOptions): Promise<Uint8Array | null> {
  const content = document.body?.content;
  if (!content) return null;
  if (content.kind === "text") return Buffer.from(content.text);
  if (content.kind === "bytes") return Buffer.from(content.base64, "base64");
  return (await options.contents.get(document.source)?.fetch(document.documentId, content)) ?? null;
}

/** Evenly over the whole, so that no source or age is left out. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  const step = items.length / count;
  return Array.from({ length: count }, (_, at) => items[Math.floor(at * step)] as T);
}

/** What differs between two recipes, for people. */
export function changesBetween(before: Recipe, after: Recipe): PlanReport["changes"] {
  const changes: { what: string; from: string; to: string }[] = [];
  for (const part of ["space", "chunker", "normalizer", "extraction"] as const) {
    const old = before[part] as Readonly<Record<string, string | number>>;
    const wanted = after[part] as Readonly<Record<string, string | number>>;
    for (const field of new Set([...Object.keys(old), ...Object.keys(wanted)])) {
      if (old[field] === wanted[field]) continue;
      changes.push({
        what: `${part}.${field}`,
        from: String(old[field] ?? "none"),
        to: String(wanted[field] ?? "none"),
      });
    }
  }
  return changes;
}
