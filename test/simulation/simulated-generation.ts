/** A generation to simulate: how it cuts and embeds, and what must be live for a text. */
import {
  chunkDocument,
  digestOf,
  fingerprintOf,
  hashChunk,
  normalizeText,
  placeChunks,
  type ChunkerSettings,
  type DocumentId,
  type Generation,
  type GenerationId,
  type PointDigest,
  type Recipe,
} from "@tidemark/domain";
import type { TextExtractor } from "@tidemark/pipeline";
import { aRecipe, MemoryEmbedder, type Gate } from "@tidemark/testing";
import { poisonWord } from "./random-documents.ts";

const extractorVersion = "1";

/** Paragraphs are parted by blank lines. */
export const paragraphExtractor: TextExtractor = {
  version: extractorVersion,
  async extract({ bytes }) {
    const text = Buffer.from(bytes).toString();
    return { text: structured(text), characters: text.length };
  },
};

function structured(text: string) {
  const blocks = text
    .split("\n\n")
    .filter((paragraph) => paragraph !== "")
    .map((paragraph) => ({ kind: "paragraph" as const, text: paragraph }));
  return { title: null, blocks };
}

export class SimulatedGeneration {
  #generation: Generation;
  readonly settings: ChunkerSettings;
  /** Records of `mutations` below these offsets may have been compacted before it began to read. */
  readonly beganBehind: ReadonlyMap<number, number>;
  readonly #embedders: MemoryEmbedder[] = [];
  readonly #expected = new Map<string, readonly PointDigest[]>();
  readonly #model: string;
  readonly #counter = new MemoryEmbedder();

  constructor(number: 1 | 2, beganBehind: ReadonlyMap<number, number>) {
    this.beganBehind = beganBehind;
    const [kind, tokensMax] =
      number === 1 ? (["structure", 5] as const) : (["recursive", 9] as const);
    this.settings = { kind, tokensMax, chunksMax: 50 };
    this.#model = number === 1 ? "one" : "two";
    const recipe: Recipe = {
      ...aRecipe,
      space: { ...aRecipe.space, ...this.embedder().space },
      chunker: { ...this.settings, version: "1" },
    };
    this.#generation = {
      id: `g${number}` as GenerationId,
      state: number === 1 ? "active" : "building",
      fingerprint: fingerprintOf(recipe),
      recipe,
      createdAtMs: 0,
      activatedAtMs: null,
      retiringSinceMs: null,
    };
    this.#embedders.length = 0;
  }

  get id(): GenerationId {
    return this.#generation.id;
  }

  get generation(): Generation {
    return this.#generation;
  }

  setState(state: Generation["state"]): void {
    this.#generation = { ...this.#generation, state };
  }

  /** Another embedder of the same space, behind a process's gate. */
  embedder(gate?: Gate): MemoryEmbedder {
    const dimension = this.#model === "one" ? 16 : 12;
    const options = { model: this.#model, dimension, poisonWord };
    const embedder = new MemoryEmbedder(gate ? { ...options, gate } : options);
    this.#embedders.push(embedder);
    return embedder;
  }

  /** Texts of documents that were embedded so far. */
  get embedded(): number {
    return this.#embedders.reduce((sum, { embedded }) => sum + embedded.document.texts, 0);
  }

  /** The points that must be live for a text, in order: all but those that are poison. */
  expectedLive(id: DocumentId, text: string): readonly PointDigest[] {
    const name = `${id}\n${text}`;
    const known = this.#expected.get(name);
    if (known) return known;
    const chunks = chunkDocument({
      text: normalizeText(structured(text), "nfc"),
      countTokens: (part) => this.#counter.countTokens(part),
      settings: this.settings,
    });
    const expected = placeChunks(this.id, id, chunks.map(hashChunk))
      .filter((chunk) => !chunk.text.includes(poisonWord))
      .map((chunk) => digestOf(chunk.id));
    this.#expected.set(name, expected);
    return expected;
  }
}
