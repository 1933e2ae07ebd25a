/** The chunks that Tidemark itself makes of documents, for what is to be fed the very same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  chunkDocument,
  hashChunk,
  normalizeText,
  TOKENS_MAX_DEFAULT,
  type HashedChunk,
} from "@tidemark/domain";
import { Extractor } from "@tidemark/extract";
import { WordPieceTokenizer } from "@tidemark/onnx";
import type { CorpusDocument } from "./corpus.ts";
import { repository } from "./machine.ts";

export const modelDirectory = join(repository, "models/all-MiniLM-L6-v2");
export const modelFile = join(modelDirectory, "model_int8.onnx");
const tokensMax = 256;
const chunksMax = 10_000;

export function openTokenizer(): WordPieceTokenizer {
  const file = readFileSync(join(modelDirectory, "tokenizer.json"), "utf8");
  return WordPieceTokenizer.parse(file, tokensMax);
}

export interface ChunkedCorpus {
  readonly chunks: number;
  /** Each text once, as it is embedded once. */
  readonly texts: readonly string[];
  /** Of each text, special tokens included. */
  readonly ids: readonly (readonly number[])[];
  readonly tokens: number;
}

export async function chunkCorpus(documents: readonly CorpusDocument[]): Promise<ChunkedCorpus> {
  const tokenizer = openTokenizer();
  await using extractor = Extractor.open();
  const byHash = new Map<string, HashedChunk>();
  let chunks = 0;
  for (const { key, text } of documents) {
    const bytes = Buffer.from(text);
    const extracted = await extractor.extract({ bytes, contentType: null, fileName: key });
    const cut = chunkDocument({
      text: normalizeText(extracted.text, "nfc"),
      countTokens: (part) => tokenizer.countTokens(part),
      settings: { kind: "structure", tokensMax: TOKENS_MAX_DEFAULT, chunksMax },
    }).map(hashChunk);
    chunks += cut.length;
    for (const chunk of cut) byHash.set(chunk.textHash, chunk);
  }
  const texts = [...byHash.values()].map(({ text }) => text);
  const ids = texts.map((text) => tokenizer.encode(text));
  return { chunks, texts, ids, tokens: ids.reduce((sum, each) => sum + each.length, 0) };
}
