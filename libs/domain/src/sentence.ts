/**
 * Cuts running text into sentences. Written by hand instead of `Intl.Segmenter`, whose rules change
 * with the ICU of each Node version: the same text must give the same chunks everywhere. One pass,
 * no regular expression over the whole text, so no input makes it slow.
 */

const TERMINATORS = new Set(".!?…");
const WIDE_TERMINATORS = new Set("。！？．｡");
const CLOSERS = new Set("\"'”’»)]}」』）】");
const ABBREVIATIONS = new Set(
  "mr mrs ms dr prof st no vs etc fig eq cf al approx dept inc ltd co e.g i.e z.b d.h u.a".split(
    " ",
  ),
);
const ABBREVIATION_CHARS_MAX = 8;

const LOWER_CASE = /^\p{Ll}/u;
const SPACE = /^\s$/u;

/**
 * The sentences of `text` in order, each with the white space that follows it: joined, they are
 * `text` again. A text without any terminator is one sentence; an empty one has none.
 */
export function sentencesOf(text: string): readonly string[] {
  const sentences: string[] = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    if (!isTerminator(text, at)) {
      at += 1;
      continue;
    }
    const { end, wide } = terminatorRun(text, at);
    const next = afterSpaces(text, end);
    if (next < text.length && (wide || (next > end && endsSentence(text, { start, at, next })))) {
      sentences.push(text.slice(start, next));
      start = next;
    }
    at = Math.max(next, at + 1);
  }
  if (start < text.length) sentences.push(text.slice(start));
  return sentences;
}

function isTerminator(text: string, at: number): boolean {
  const char = text.charAt(at);
  return TERMINATORS.has(char) || WIDE_TERMINATORS.has(char);
}

/** Past the terminators that stand together and the quotes and brackets they close. */
function terminatorRun(text: string, from: number): { end: number; wide: boolean } {
  let end = from;
  let wide = false;
  while (end < text.length && isTerminator(text, end)) {
    wide ||= WIDE_TERMINATORS.has(text.charAt(end));
    end += 1;
  }
  while (end < text.length && CLOSERS.has(text.charAt(end))) end += 1;
  return { end, wide };
}

function afterSpaces(text: string, from: number): number {
  let next = from;
  while (next < text.length && SPACE.test(text.charAt(next))) next += 1;
  return next;
}

function endsSentence(text: string, point: { start: number; at: number; next: number }): boolean {
  if (LOWER_CASE.test(text.slice(point.next, point.next + 2))) return false;
  return text.charAt(point.at) !== "." || !isAbbreviation(text, point);
}

function isAbbreviation(text: string, { start, at }: { start: number; at: number }): boolean {
  let word = at;
  while (
    word > start &&
    at - word <= ABBREVIATION_CHARS_MAX &&
    !SPACE.test(text.charAt(word - 1))
  ) {
    word -= 1;
  }
  return ABBREVIATIONS.has(
    text
      .slice(word, at)
      .replace(/^[("'“‘[]/u, "")
      .toLowerCase(),
  );
}
