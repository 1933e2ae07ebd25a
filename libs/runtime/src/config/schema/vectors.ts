import type { z } from "zod";
import { count, duration, oneOf, size, text } from "../fields.ts";
import { section } from "../structure.ts";

const chunkerSchema = section({
  kind: oneOf(
    ["structure", "recursive"],
    "`structure` follows headings, lists and paragraphs; `recursive` cuts plain text by separators",
  ).prefault("structure"),
  maxTokens: count({
    about: "Tokens of a chunk at most, in the model's own counting; never past the model's limit",
    example: "200",
    least: 16,
    most: 32_768,
  }).prefault(200),
  maxChunks: count({
    about: "Chunks of a document at most; past it the document is a dead letter",
    example: "10k",
    most: 50_000,
  }).prefault("10k"),
})
  .transform(({ kind, maxTokens, maxChunks }) => ({
    kind,
    tokensMax: maxTokens,
    chunksMax: maxChunks,
  }))
  .meta({ description: "How text is cut into chunks" });

/** Past one of these a document is a dead letter that names the limit; the rest goes on. */
const extractionSchema = section({
  input: size({ about: "A document's bytes at most", example: "64MiB" }).prefault("64MiB"),
  text: size({ about: "Text taken out of a document at most", example: "16MiB" }).prefault("16MiB"),
  time: duration({
    about: "Time for one document at most",
    example: "60s",
    least: 100,
    most: 3_600_000,
  }).prefault("60s"),
  memory: size({
    about: "Memory of one parser at most",
    example: "512MiB",
    least: 32 * 1024 ** 2,
  }).prefault("512MiB"),
  nesting: count({ about: "Depth of nested elements at most", example: "512" }).prefault(512),
  pages: count({ about: "Pages of a PDF at most", example: "5k" }).prefault("5k"),
  workers: count({ about: "Parsers side by side", example: "2", most: 64 }).prefault(2),
})
  .transform(({ input, text: textMax, time, memory, nesting, pages, workers }) => ({
    inputBytesMax: input,
    textBytesMax: textMax,
    timeMsMax: time,
    memoryBytesMax: memory,
    nestingMax: nesting,
    pagesMax: pages,
    workersMax: workers,
  }))
  .meta({ description: "Limits of the parsers; they decide no vector and are not fingerprinted" });

export const vectorsSchema = section({
  embedder: text({ about: "A name under `embedders`", example: "minilm" }).prefault("minilm"),
  chunker: chunkerSchema.prefault({}),
  normalize: oneOf(["nfc", "nfkc", "none"], "Unicode normal form of the text").prefault("nfc"),
  extraction: extractionSchema.prefault({}),
}).meta({
  description:
    "What decides a vector. A change of embedder, chunker or normal form is a new generation",
});

export type VectorsConfig = z.output<typeof vectorsSchema>;
