/** A PDF has no paragraphs, only pieces of text at places: lines, paragraphs and headings are guessed. */
import type { Block } from "@tidemark/domain";

export interface PdfTextItem {
  readonly str: string;
  readonly transform: readonly number[];
  readonly hasEOL: boolean;
}

export interface PdfLine {
  readonly text: string;
  readonly fontSize: number;
  /** From the foot of the page. */
  readonly y: number;
}

/** A gap of so many line heights parts paragraphs. */
const GAP_MIN = 1.6;
/** So much larger than most text is a heading. */
const HEADING_SIZES = [1.7, 1.35, 1.15] as const;
const HEADING_CHARS_MAX = 200;
const HYPHENATED = /\p{Ll}-$/u;
const LOWER_CASE = /^\p{Ll}/u;

/** The lines of one page, top to bottom as the file has them. */
export function pdfLines(items: readonly PdfTextItem[]): readonly PdfLine[] {
  const lines: PdfLine[] = [];
  let text = "";
  let fontSize = 0;
  let y = 0;
  const flush = (): void => {
    const line = text.replaceAll(/\s+/gu, " ").trim();
    if (line !== "") lines.push({ text: line, fontSize, y });
    text = "";
    fontSize = 0;
  };
  for (const item of items) {
    const [, , c = 0, d = 0, , f = 0] = item.transform;
    if (item.str.trim() !== "") {
      fontSize = Math.max(fontSize, Math.hypot(c, d));
      y = f;
    }
    text += item.str;
    if (item.hasEOL) flush();
  }
  flush();
  return lines;
}

/** The lines of all pages as headings and paragraphs. */
export function pdfBlocks(lines: readonly PdfLine[]): readonly Block[] {
  const body = bodySize(lines);
  const blocks: Block[] = [];
  let before: PdfLine | undefined;
  for (const line of lines) {
    const level = headingLevel(line, body);
    const last = blocks.at(-1);
    if (level !== null) {
      blocks.push({ kind: "heading", level, text: line.text });
    } else if (last?.kind === "paragraph" && before !== undefined && continues(before, line)) {
      blocks[blocks.length - 1] = { kind: "paragraph", text: join(last.text, line.text) };
    } else {
      blocks.push({ kind: "paragraph", text: line.text });
    }
    before = line;
  }
  return blocks;
}

/** The size that most characters have. */
function bodySize(lines: readonly PdfLine[]): number {
  const characters = new Map<number, number>();
  let body = 0;
  for (const line of lines) {
    const size = Math.round(line.fontSize * 2) / 2;
    const count = (characters.get(size) ?? 0) + line.text.length;
    characters.set(size, count);
    if (count > (characters.get(body) ?? 0)) body = size;
  }
  return body;
}

function headingLevel({ text, fontSize }: PdfLine, body: number): number | null {
  if (text.length > HEADING_CHARS_MAX || body === 0) return null;
  const level = HEADING_SIZES.findIndex((size) => fontSize >= size * body);
  return level < 0 ? null : level + 1;
}

/** Whether a line goes on with the paragraph of the line before it. */
function continues(before: PdfLine, line: PdfLine): boolean {
  const down = before.y - line.y;
  // The next page or column: a sentence may run on.
  if (down < 0) return !/[.!?:]["'”’)]?$/u.test(before.text);
  return down <= GAP_MIN * Math.max(before.fontSize, line.fontSize);
}

function join(text: string, more: string): string {
  if (HYPHENATED.test(text) && LOWER_CASE.test(more)) return text.slice(0, -1) + more;
  return `${text} ${more}`;
}
