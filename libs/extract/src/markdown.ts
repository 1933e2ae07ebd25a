import type { Block } from "@tidemark/domain";
import type { PoisonError } from "@tidemark/pipeline";
import CommonMark from "markdown-it";
import type { MarkdownIt, Token } from "markdown-it";
import { limitError } from "./limit-error.ts";
import { markupText } from "./markup-text.ts";

/** A list in a list is two levels to the parser. */
const LEVELS_PER_DEPTH = 2;

/**
 * CommonMark with tables as blocks, without front matter. Links keep their words, images their
 * alternative text, raw HTML its text. Throws `PoisonError("depth-limit")`.
 */
export function markdownBlocks(
  markdown: string,
  { depthMax }: { readonly depthMax: number },
): readonly Block[] {
  refuseDepth(markdown, depthMax);
  const levelsMax = depthMax * LEVELS_PER_DEPTH;
  // What is nested deeper than the parser's own bound it drops in silence: ours is met before.
  const tokens = parserFor(levelsMax + 2 * LEVELS_PER_DEPTH).parse(markdown, {});
  if (tokens.some((token) => token.level > levelsMax)) throw depthError(depthMax);
  return blocksOf(tokens);
}

const parsers = new Map<number, MarkdownIt>();

function parserFor(maxNesting: number): MarkdownIt {
  const parser = parsers.get(maxNesting) ?? new CommonMark({ html: true, maxNesting });
  parsers.set(maxNesting, parser);
  return parser;
}

function depthError(depthMax: number): PoisonError {
  return limitError("depth-limit", {
    what: "nesting of quotes and lists",
    value: null,
    setting: "depthMax",
    max: depthMax,
  });
}

/** The title that a document gives itself: its first heading, when that is of the first level. */
export function titleFromBlocks(blocks: readonly Block[]): string | null {
  const heading = blocks.find((block) => block.kind === "heading");
  return heading?.kind === "heading" && heading.level === 1 ? heading.text : null;
}

function blocksOf(tokens: readonly Token[]): readonly Block[] {
  const blocks: Block[] = [];
  let items = 0;
  let heading: number | null = null;
  let row: string[] | null = null;
  const add = (block: Block): void => {
    if (block.text.trim() !== "") blocks.push(block);
  };
  for (const token of tokens) {
    switch (token.type) {
      case "list_item_open":
        items += 1;
        break;
      case "list_item_close":
        items -= 1;
        break;
      case "heading_open":
        heading = Number(token.tag.slice(1));
        break;
      case "heading_close":
        heading = null;
        break;
      case "tr_open":
        row = [];
        break;
      case "tr_close":
        if (row !== null) add({ kind: "tableRow", text: row.join(" | ") });
        row = null;
        break;
      case "inline": {
        const text = inlineText(token.children ?? []);
        if (row !== null) row.push(text);
        else if (heading !== null) add({ kind: "heading", level: heading, text });
        else add({ kind: items > 0 ? "listItem" : "paragraph", text });
        break;
      }
      case "fence":
      case "code_block":
        add({ kind: "code", text: token.content.trimEnd() });
        break;
      case "html_block":
        add({ kind: "paragraph", text: markupText(token.content) });
        break;
      default:
    }
  }
  return blocks;
}

function inlineText(tokens: readonly Token[]): string {
  let text = "";
  for (const token of tokens) {
    switch (token.type) {
      case "softbreak":
      case "hardbreak":
        text += " ";
        break;
      case "image":
        text += inlineText(token.children ?? []);
        break;
      case "html_inline":
        if (/^<br\b/iu.test(token.content)) text += " ";
        break;
      default:
        text += token.content;
    }
  }
  return text.trim();
}

/** How deep quotes and lists go can be read off the beginnings of the lines. */
function refuseDepth(markdown: string, depthMax: number): void {
  for (let at = 0; at < markdown.length;) {
    const next = markdown.indexOf("\n", at);
    const end = next < 0 ? markdown.length : next;
    if (containersAt(markdown, { at, end, most: depthMax + 1 }) > depthMax) {
      throw depthError(depthMax);
    }
    at = end + 1;
  }
}

function containersAt(
  text: string,
  { at, end, most }: { readonly at: number; readonly end: number; readonly most: number },
): number {
  let depth = 0;
  for (let place = at; place < end && depth < most; place += 1) {
    const char = text.charAt(place);
    const after = text.charAt(place + 1);
    if (char === ">") depth += 1;
    else if ((char === "-" || char === "*" || char === "+") && (after === " " || after === "\t")) {
      depth += 1;
    } else if ((char === "." || char === ")") && after === " ") depth += 1;
    else if (char !== " " && char !== "\t" && (char < "0" || char > "9")) break;
  }
  return depth;
}
