import { splitLongText } from "./chunk-long-text.ts";
import { STRENGTH } from "./chunk-strength.ts";
import { sentencesOf } from "./sentence.ts";
import type { Block, StructuredText } from "./structured-text.ts";

/**
 * The least piece of a document that the chunker moves: a sentence, a line of code, a heading; of
 * text without those, some words. No unit alone is past the size of a chunk.
 */
export interface ChunkUnit {
  readonly text: string;
  /** What stands between it and the unit before it, when one chunk holds both. */
  readonly glue: string;
  readonly size: number;
  /** How good a place to cut the boundary *before* it is; one of `STRENGTH`. */
  readonly strength: number;
  /** The headings it stands under, itself included if it is one, outermost first. */
  readonly path: readonly string[];
  readonly isHeading: boolean;
}

const HEADING_LEVELS = 6;
/** A path is stored with every chunk: a longer heading is cut in it, and whole in the text. */
const PATH_CHARS_MAX = 200;
/**
 * Text costs at least a token for so many characters, whatever the tokenizer says: a word it does
 * not know is one token at any length, and blanks are none.
 */
const CHARS_PER_TOKEN_MAX = 16;

const BLANK_LINES = /\n(?:[^\S\n]*\n){2,}/gu;

export type CountTokens = (text: string) => number;

/** The size of a text in tokens, as the chunker reckons it. */
export function sizeOf(text: string, countTokens: CountTokens): number {
  return Math.max(countTokens(text), Math.ceil(text.length / CHARS_PER_TOKEN_MAX));
}

/** A document as units in reading order, each counted once. */
export function unitsOf(
  text: StructuredText,
  { countTokens, tokensMax }: { readonly countTokens: CountTokens; readonly tokensMax: number },
): readonly ChunkUnit[] {
  const units: ChunkUnit[] = [];
  const headings: { level: number; text: string }[] = [];
  let path: readonly string[] = [];
  let before: Block | undefined;
  for (const block of withTitle(text)) {
    if (block.text.trim() === "") continue;
    if (block.kind === "heading") {
      while ((headings.at(-1)?.level ?? -1) >= block.level) headings.pop();
      const short = block.text.trim().slice(0, PATH_CHARS_MAX).toWellFormed();
      headings.push({ level: block.level, text: short });
      path = headings.map((heading) => heading.text);
    }
    const isHeading = block.kind === "heading";
    let strength = strengthBetween(before, block);
    let glue = isRow(before, block) ? "\n" : "\n\n";
    for (const piece of piecesOf(block)) {
      const size = sizeOf(piece, countTokens);
      const parts =
        size <= tokensMax
          ? [{ text: piece, size, strength: STRENGTH.word }]
          : splitLongText(piece, { tokensMax, sizeOf: (part) => sizeOf(part, countTokens) });
      for (const [index, part] of parts.entries()) {
        const boundary = index === 0 ? strength : part.strength;
        units.push({ text: part.text, glue, size: part.size, strength: boundary, path, isHeading });
        glue = "";
      }
      strength = STRENGTH.sentence;
    }
    before = block;
  }
  return units;
}

/** The title counts as the outermost heading, unless the document begins by saying the same. */
function withTitle({ title, blocks }: StructuredText): readonly Block[] {
  const first = blocks.find((block) => block.text.trim() !== "");
  if (first === undefined || title === null || title.trim() === "") return blocks;
  if (first.kind === "heading" && first.text.trim() === title.trim()) return blocks;
  return [{ kind: "heading", level: 0, text: title.trim() }, ...blocks];
}

/** Slices that make up the block when joined: white space stays at the end of a slice. */
function piecesOf(block: Block): readonly string[] {
  switch (block.kind) {
    case "heading":
      return [block.text.trim()];
    case "code":
      return block.text
        .trimEnd()
        .replace(BLANK_LINES, "\n\n")
        .split(/(?<=\n)/u);
    case "paragraph":
    case "listItem":
    case "tableRow":
      return sentencesOf(block.text.trim());
  }
}

function strengthBetween(before: Block | undefined, block: Block): number {
  // What follows a heading stays with it, a heading of the next level included.
  if (before === undefined || before.kind === "heading") return STRENGTH.none;
  if (block.kind === "heading") {
    return STRENGTH.heading + HEADING_LEVELS - Math.min(block.level, HEADING_LEVELS);
  }
  return isRow(before, block) ? STRENGTH.row : STRENGTH.block;
}

function isRow(before: Block | undefined, block: Block): boolean {
  return before?.kind === block.kind && (block.kind === "listItem" || block.kind === "tableRow");
}
