/** Takes a key out of words that somebody else wrote: whole, cut off, or written in another way. */
const hidden = "***";
/** Shorter ones may be there by chance, and help nobody. */
const partLength = 8;

/** @returns `words` with `***` for whatever stands there of the key, in eight characters or more */
export function withoutParts(words: string, key: string): string {
  if (key === "") return words;
  const forms = formsOf(key);
  let kept = "";
  for (let at = 0; at < words.length;) {
    const length = Math.max(0, ...forms.map((form) => commonLength(words, at, form)));
    if (length > 0) kept += hidden;
    else kept += words[at];
    at += Math.max(1, length);
  }
  return kept;
}

/** As it is, and as it stands in URLs, in hex, and in the base64 of a longer text. */
function formsOf(key: string): readonly string[] {
  const bytes = Buffer.from(key);
  const base64 = [0, 1, 2].map((shift) =>
    // Letters that depend on what stands before the key are no part of it.
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .slice(shift === 0 ? 0 : shift + 1)
      .replace(/.?=+$/u, ""),
  );
  const others = [encodeURIComponent(key), bytes.toString("hex"), ...base64];
  return [key, ...others.filter((form) => form.length >= partLength)];
}

/** How far `words` from `at` on is a part of `form`; 0 when that is too little to count. */
function commonLength(words: string, at: number, form: string): number {
  const least = Math.min(partLength, form.length);
  const start = words.slice(at, at + least);
  if (start.length < least) return 0;
  let longest = 0;
  for (let from = form.indexOf(start); from >= 0; from = form.indexOf(start, from + 1)) {
    let length = least;
    while (from + length < form.length && words[at + length] === form[from + length]) length += 1;
    longest = Math.max(longest, length);
  }
  return longest;
}
