import type { WordPieceModel } from "./tokenizer-file.ts";

/** The pieces of one word. Piece `i` ends before `ends[i]`, where piece `i + 1` begins. */
export interface Pieces {
  readonly ids: readonly number[];
  /** In UTF-16 units of the word. */
  readonly ends: readonly number[];
}

/** Two maps of this many words: about 10 MB when full. */
const cachedWordsMax = 32_768;
/** A slice this long keeps alive the text it was cut from, unless it is copied. */
const sharedSliceLength = 13;

/** Cuts normalized words into the longest known pieces, and remembers recent words. */
export class WordPieces {
  readonly #begins = new Map<string, number>();
  readonly #continues = new Map<string, number>();
  readonly #pieceLengthMax: number;
  readonly #wordLengthMax: number;
  readonly #unknownId: number;
  #recent = new Map<string, Pieces>();
  #older = new Map<string, Pieces>();

  constructor(model: WordPieceModel) {
    let longest = 0;
    for (const [piece, id] of model.vocabulary) {
      this.#begins.set(piece, id);
      if (piece.startsWith(model.continuingPrefix)) {
        this.#continues.set(piece.slice(model.continuingPrefix.length), id);
      }
      longest = Math.max(longest, piece.length);
    }
    this.#pieceLengthMax = longest;
    this.#wordLengthMax = model.wordLengthMax;
    this.#unknownId = model.unknownId;
  }

  of(word: string): Pieces {
    const cached = this.#recent.get(word);
    if (cached !== undefined) return cached;
    const pieces = this.#older.get(word) ?? this.#cut(word);
    // A word past the limit is not worth its bytes.
    if (word.length > this.#wordLengthMax) return pieces;
    if (this.#recent.size >= cachedWordsMax) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(word.length < sharedSliceLength ? word : copyOf(word), pieces);
    return pieces;
  }

  #cut(word: string): Pieces {
    const unknown = { ids: [this.#unknownId], ends: [word.length] };
    if (this.#isTooLong(word)) return unknown;
    const ids: number[] = [];
    const ends: number[] = [];
    let start = 0;
    while (start < word.length) {
      const known = start === 0 ? this.#begins : this.#continues;
      let end = Math.min(word.length, start + this.#pieceLengthMax);
      let id: number | undefined;
      while (end > start) {
        id = known.get(word.slice(start, end));
        if (id !== undefined) break;
        end -= 1;
      }
      if (id === undefined) return unknown;
      ids.push(id);
      ends.push(end);
      start = end;
    }
    return { ids, ends };
  }

  #isTooLong(word: string): boolean {
    if (word.length <= this.#wordLengthMax) return false;
    // The limit counts code points, of which each takes one or two units.
    return word.length > 2 * this.#wordLengthMax || Array.from(word).length > this.#wordLengthMax;
  }
}

function copyOf(word: string): string {
  return Buffer.from(word, "utf16le").toString("utf16le");
}
