import { STRENGTH } from "./chunk-strength.ts";

/** A part of a text too long to be one unit. */
export interface LongTextPart {
  readonly text: string;
  readonly size: number;
  readonly strength: number;
}

/** A run of words is one part until a word of even length ends it past the first of these. */
const RUN_CHARS_MIN = 12;
const RUN_CHARS_MAX = 48;
/** A run without white space longer than this is cut inside. */
const WORD_CHARS_MAX = 64;
/** The bounds of what it is cut into, in code points; between them, one character in so many ends one. */
const PIECE_MIN = 8;
const PIECE_MAX = 16;
const PIECE_ENDS = 4;

const WORDS = /\s*\S+\s*/gu;
const COMBINING = /^(?:\p{M}|\u200d)$/u;

/**
 * Cuts what has no sentences short enough: first at line breaks, then between words, then inside
 * words. Where it cuts is decided by the text close by, so an edit moves few cuts. Joined, the
 * parts are the text again; each is counted once.
 */
export function splitLongText(
  text: string,
  bounds: { readonly tokensMax: number; readonly sizeOf: (text: string) => number },
): readonly LongTextPart[] {
  const parts: LongTextPart[] = [];
  for (const line of text.split(/(?<=\n)/u)) {
    const size = line === text ? Infinity : bounds.sizeOf(line);
    if (size <= bounds.tokensMax) {
      parts.push({ text: line, size, strength: STRENGTH.sentence });
      continue;
    }
    let strength: number = STRENGTH.sentence;
    for (const run of wordRuns(line)) {
      parts.push({ text: run, size: bounds.sizeOf(run), strength });
      strength = STRENGTH.word;
    }
  }
  return parts.flatMap((part) =>
    part.size <= bounds.tokensMax ? [part] : codePoints(part, bounds),
  );
}

/** Some words each, with the white space after them; a giant word in pieces. */
function wordRuns(line: string): readonly string[] {
  if (line.trim() === "") return [line];
  const runs: string[] = [];
  let run = "";
  for (const [word] of line.matchAll(WORDS)) {
    if (word.length > WORD_CHARS_MAX) {
      if (run !== "") runs.push(run);
      run = "";
      for (const piece of wordPieces(word)) runs.push(piece);
      continue;
    }
    run += word;
    const length = run.length;
    if (length >= RUN_CHARS_MAX || (length >= RUN_CHARS_MIN && word.trim().length % 2 === 0)) {
      runs.push(run);
      run = "";
    }
  }
  if (run !== "") runs.push(run);
  return runs;
}

function wordPieces(word: string): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  let count = 0;
  let before = 0;
  for (const char of word) {
    const cut = count >= PIECE_MAX || (count >= PIECE_MIN && before % PIECE_ENDS === 0);
    if (cut && (!COMBINING.test(char) || count >= 2 * PIECE_MAX)) {
      pieces.push(piece);
      piece = "";
      count = 0;
    }
    piece += char;
    count += 1;
    before = char.codePointAt(0) ?? 0;
  }
  pieces.push(piece);
  return pieces;
}

/** The last resort: a tokenizer that makes many tokens of few characters, or a very small bound. */
function codePoints(
  { text, strength }: LongTextPart,
  { sizeOf }: { readonly sizeOf: (text: string) => number },
): readonly LongTextPart[] {
  return Array.from(text, (char, index) => ({
    text: char,
    size: sizeOf(char),
    strength: index === 0 ? strength : STRENGTH.none,
  }));
}
