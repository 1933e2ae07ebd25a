import { accents, chinese, dropped, punctuation, spaces } from "./character-classes.ts";

/** What becomes of a character; numbers, because they are kept in a byte for each code point. */
export const characterClass = {
  word: 0,
  dropped: 1,
  space: 2,
  /** Chinese characters stand alone, as punctuation does. */
  chinese: 3,
  /** Marks that are stripped once a letter was taken apart. */
  accent: 4,
  punctuation: 5,
} as const;

const codePointsCount = 0x110000;

const classes = new Uint8Array(codePointsCount);
fill(dropped, characterClass.dropped);
// JavaScript strings may hold half a pair. Such a half cannot be written as UTF-8.
fill("d800-dfff", characterClass.dropped);
fill(spaces, characterClass.space);
fill(chinese, characterClass.chinese);
fill(accents, characterClass.accent);
fill(punctuation, characterClass.punctuation);

/** The class of a code point, one of `characterClass`. */
export function classOf(codePoint: number): number {
  return classes[codePoint] ?? characterClass.dropped;
}

function fill(ranges: string, value: number): void {
  for (const range of ranges.trim().split(/\s+/)) {
    const [first = "", last = first] = range.split("-");
    classes.fill(value, Number.parseInt(first, 16), Number.parseInt(last, 16) + 1);
  }
}
