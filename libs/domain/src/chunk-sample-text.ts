/** Seeded text for the chunker's tests: documents that read like handbooks, and edits to them. */
import type { Block, StructuredText } from "./structured-text.ts";

/** Numbers from 0 up to, not including, 1; the same for the same seed. */
export type Chance = () => number;

export function seededChance(seed: number): Chance {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SYLLABLES = "ka ro men ti sul va der ino pla cher mo fen gar lis tu bra ne oth".split(" ");

function between(chance: Chance, { least, most }: { least: number; most: number }): number {
  return least + Math.floor(chance() * (most - least + 1));
}

function some(
  chance: Chance,
  bounds: { least: number; most: number },
  make: () => string,
): string[] {
  return Array.from({ length: between(chance, bounds) }, make);
}

export function sampleWord(chance: Chance): string {
  const syllable = (): string => SYLLABLES[Math.floor(chance() * SYLLABLES.length)] ?? "ka";
  return some(chance, { least: 1, most: 4 }, syllable).join("");
}

export function sampleSentence(chance: Chance): string {
  const words = some(chance, { least: 5, most: 24 }, () => sampleWord(chance)).join(" ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

export function sampleParagraph(chance: Chance): Block {
  const sentences = some(chance, { least: 1, most: 6 }, () => sampleSentence(chance));
  return { kind: "paragraph", text: sentences.join(" ") };
}

/** Chapters, sections, paragraphs, lists, tables and code. */
export function sampleDocument(
  chance: Chance,
  { blocksMin }: { blocksMin: number },
): StructuredText {
  const blocks: Block[] = [{ kind: "heading", level: 1, text: sampleWord(chance) }];
  while (blocks.length < blocksMin) {
    const kind = chance();
    const row = (): string =>
      some(chance, { least: 2, most: 9 }, () => sampleWord(chance)).join(" ");
    if (kind < 0.2) {
      blocks.push({ kind: "heading", level: between(chance, { least: 2, most: 4 }), text: row() });
    } else if (kind < 0.75) {
      blocks.push(sampleParagraph(chance));
    } else if (kind < 0.85) {
      for (const text of some(chance, { least: 2, most: 8 }, row))
        blocks.push({ kind: "listItem", text });
    } else if (kind < 0.92) {
      for (const text of some(chance, { least: 2, most: 8 }, row))
        blocks.push({ kind: "tableRow", text });
    } else {
      blocks.push({ kind: "code", text: some(chance, { least: 2, most: 20 }, row).join("\n  ") });
    }
  }
  return { title: null, blocks };
}

/** A word, a sentence or a paragraph inserted, deleted or replaced, anywhere. */
export function sampleEdit(chance: Chance, text: StructuredText): StructuredText {
  const blocks = [...text.blocks];
  const at = Math.floor(chance() * blocks.length);
  const block = blocks[at];
  if (block === undefined) return text;
  const removed = chance() < 1 / 3 ? 0 : 1;
  const added = removed === 0 || chance() < 0.5 ? 1 : 0;
  const scale = chance();
  if (scale < 1 / 3) {
    blocks.splice(at, removed, ...(added === 1 ? [sampleParagraph(chance)] : []));
    return { ...text, blocks };
  }
  const words = scale < 2 / 3;
  const parts = block.text.split(words ? /(?<=\s)/u : /(?<=[.\n]\s?)/u);
  const put = words ? sampleWord(chance) : sampleSentence(chance);
  parts.splice(Math.floor(chance() * parts.length), removed, ...(added === 1 ? [`${put} `] : []));
  blocks[at] = { ...block, text: parts.join("") };
  return { ...text, blocks };
}
