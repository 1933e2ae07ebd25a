import { parseTokenizerFile } from "./tokenizer-file.ts";
import type { WordPieceModel } from "./tokenizer-file.ts";
import { WordPieces } from "./word-pieces.ts";
import { scanWords } from "./word-scan.ts";
import type { VisitWord } from "./word-scan.ts";

/** Where a token stands in the text, in UTF-16 units. Neighbours may share a character. */
export interface TokenSpan {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/**
 * An uncased BERT's tokenizer, exact to the published one: the same ids for every text, whatever
 * version of Unicode the process runs with.
 */
export class WordPieceTokenizer {
  /** Longer encodings are cut here, special tokens included. */
  readonly tokensMax: number;
  readonly #model: WordPieceModel;
  readonly #pieces: WordPieces;
  readonly #special: RegExp | undefined;

  constructor(model: WordPieceModel, tokensMax: number) {
    if (tokensMax < specialTokensCount) throw new RangeError("tokensMax has no room for a text");
    this.tokensMax = tokensMax;
    this.#model = model;
    this.#pieces = new WordPieces(model);
    const specials = [...model.specials.keys()].map((content) =>
      content.replaceAll(/[^\w]/g, String.raw`\$&`),
    );
    this.#special = specials.length > 0 ? new RegExp(specials.join("|"), "g") : undefined;
  }

  /** Reads the text of a `tokenizer.json`. Throws when it is not of an uncased BERT. */
  static parse(file: string, tokensMax: number): WordPieceTokenizer {
    return new WordPieceTokenizer(parseTokenizerFile(file), tokensMax);
  }

  /** The ids that the model is given: the first token, the text's, the last token. */
  encode(text: string): readonly number[] {
    const ids = [this.#model.firstId];
    const roomEnd = this.tokensMax - 1;
    this.#scan(
      text,
      (word) => {
        for (const id of this.#pieces.of(word).ids) {
          if (ids.length >= roomEnd) return false;
          ids.push(id);
        }
        return true;
      },
      (id) => {
        if (ids.length >= roomEnd) return false;
        ids.push(id);
        return true;
      },
    );
    ids.push(this.#model.lastId);
    return ids;
  }

  /** Tokens of the whole text, uncut, without the special ones around it. */
  countTokens(text: string): number {
    let count = 0;
    this.#scan(
      text,
      (word) => {
        count += this.#pieces.of(word).ids.length;
        return true;
      },
      () => {
        count += 1;
        return true;
      },
    );
    return count;
  }

  /** Tokens of the whole text with their places, uncut, without the special ones around it. */
  spans(text: string): readonly TokenSpan[] {
    const spans: TokenSpan[] = [];
    this.#scan(
      text,
      (word, wordStart, _wordEnd, alignment) => {
        const { ids, ends } = this.#pieces.of(word);
        let from = 0;
        for (const [index, id] of ids.entries()) {
          const to = ends[index] ?? from;
          const start = alignment === undefined ? wordStart + from : alignment.starts[from];
          const end = alignment === undefined ? wordStart + to : alignment.ends[to - 1];
          spans.push({ id, start: start ?? 0, end: end ?? 0 });
          from = to;
        }
        return true;
      },
      (id, start, end) => {
        spans.push({ id, start, end });
        return true;
      },
    );
    return spans;
  }

  /** Visits words and the special tokens between them, until a visit returns false. */
  #scan(
    text: string,
    visitWord: VisitWord,
    visitSpecial: (id: number, start: number, end: number) => boolean,
  ): void {
    let from = 0;
    if (this.#special !== undefined) {
      for (const found of text.matchAll(this.#special)) {
        const end = found.index + found[0].length;
        const id = this.#model.specials.get(found[0]) ?? this.#model.unknownId;
        if (!scanWords(text, from, found.index, visitWord)) return;
        if (!visitSpecial(id, found.index, end)) return;
        from = end;
      }
    }
    scanWords(text, from, text.length, visitWord);
  }
}

/** One before a text and one after it. */
export const specialTokensCount = 2;
