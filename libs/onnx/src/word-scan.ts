/**
 * Finds the words of a text as BERT's uncased normalizer and pre-tokenizer do: control characters
 * dropped, letters taken apart and stripped of accents, lower case, parted by white space, with
 * punctuation and Chinese characters standing alone.
 */
import { characterClass, classOf } from "./classify.ts";

/**
 * Where the units of a word came from: unit `i` of the word from `starts[i]` to `ends[i]` of the
 * text. Absent where the word and its place in the text have the same length.
 */
export interface Alignment {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Gets each normalized word and its place in the text. Returns false to see no more. */
export type VisitWord = (
  word: string,
  start: number,
  end: number,
  alignment: Alignment | undefined,
) => boolean;

const asciiEnd = 0x80;
const upperFirst = 0x41;
const upperLast = 0x5a;

/** Visits the words in `text` from `from` to before `to`. Returns whether all were seen. */
export function scanWords(text: string, from: number, to: number, visit: VisitWord): boolean {
  let at = from;
  while (at < to) {
    const code = text.charCodeAt(at);
    // Half of a pair has no class of its own, and no space needs two halves.
    const kind = classOf(code);
    if (kind === characterClass.space) {
      at += 1;
    } else if (code < asciiEnd && kind === characterClass.punctuation) {
      if (!visit(text.charAt(at), at, at + 1, undefined)) return false;
      at += 1;
    } else {
      const end = asciiWordEnd(text, at, to);
      if (end > at) {
        const word = text.slice(at, end);
        if (!visit(hasUpper(word) ? word.toLowerCase() : word, at, end, undefined)) return false;
        at = end;
      } else {
        const run = readRun(text, at, to);
        if (!scanRun(run, visit)) return false;
        at = run.next;
      }
    }
  }
  return true;
}

/** Where the plain word at `at` ends; `at` itself when the word has more than ASCII in it. */
function asciiWordEnd(text: string, at: number, to: number): number {
  for (let end = at; end < to; end += 1) {
    const code = text.charCodeAt(end);
    if (code >= asciiEnd) return at;
    const kind = classOf(code);
    if (kind !== characterClass.word) return kind === characterClass.dropped ? at : end;
  }
  return to;
}

function hasUpper(word: string): boolean {
  for (let at = 0; at < word.length; at += 1) {
    const code = word.charCodeAt(at);
    if (code >= upperFirst && code <= upperLast) return true;
  }
  return false;
}

/** Characters up to the next sure border, taken apart, each with its place in the text. */
interface Run {
  readonly characters: readonly string[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** A Chinese character is a run of its own. */
  readonly isChinese: boolean;
  readonly next: number;
}

function readRun(text: string, from: number, to: number): Run {
  const characters: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let cleaned = "";
  let isChinese = false;
  let at = from;
  while (at < to && !isChinese) {
    const code = text.codePointAt(at) ?? 0;
    const next = at + (code > 0xffff ? 2 : 1);
    const kind = classOf(code);
    const isAsciiBorder = code < asciiEnd && kind === characterClass.punctuation;
    if (kind === characterClass.space || isAsciiBorder) break;
    if (kind === characterClass.chinese) {
      if (characters.length > 0) break;
      isChinese = true;
    }
    if (kind !== characterClass.dropped) {
      const character = String.fromCodePoint(code);
      cleaned += character;
      for (const part of code < asciiEnd ? character : character.normalize("NFD")) {
        characters.push(part);
        starts.push(at);
        ends.push(next);
      }
    }
    at = next;
  }
  return { characters: inOrder(characters, cleaned), starts, ends, isChinese, next: at };
}

/** Marks on one letter have an order of their own, which only the whole can tell. */
function inOrder(characters: readonly string[], cleaned: string): readonly string[] {
  const whole = cleaned.normalize("NFD");
  return whole === characters.join("") ? characters : Array.from(whole);
}

function scanRun(run: Run, visit: VisitWord): boolean {
  let word = "";
  let starts: number[] = [];
  let ends: number[] = [];
  const flush = (): boolean => {
    if (word === "") return true;
    const seen = visit(word, starts[0] ?? 0, ends.at(-1) ?? 0, { starts, ends });
    word = "";
    starts = [];
    ends = [];
    return seen;
  };
  for (const [index, character] of run.characters.entries()) {
    const kind = classOf(character.codePointAt(0) ?? 0);
    if (kind === characterClass.accent) continue;
    const isAlone = kind === characterClass.punctuation || run.isChinese;
    if (isAlone && !flush()) return false;
    const lower = character.toLowerCase();
    word += lower;
    for (let unit = 0; unit < lower.length; unit += 1) {
      starts.push(run.starts[index] ?? 0);
      ends.push(run.ends[index] ?? 0);
    }
    if (isAlone && !flush()) return false;
  }
  return flush();
}
