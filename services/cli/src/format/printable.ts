/**
 * A foreign text on one line of a terminal: line breaks and other control characters are written
 * out, so that no document can move the cursor, color the screen or pretend to be two.
 */
export function printable(text: string): string {
  return text.replaceAll(controls, (character) => escapes[character] ?? written(character));
}

/** A passage of a document: white space is one space, other controls are written out. */
export function passage(text: string): string {
  return printable(text.replaceAll(/\s+/gu, " ").trim());
}

/** Cut to a width, with an ellipsis where something is left out. */
export function clipped(text: string, width: number): string {
  const characters = [...new Intl.Segmenter().segment(text)];
  if (characters.length <= width) return text;
  const kept = characters.slice(0, Math.max(0, width - 2)).map(({ segment }) => segment);
  return `${kept.join("").trimEnd()} …`;
}

// Controls, and the marks that turn the direction of writing around.
const controls = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;
const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function written(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
