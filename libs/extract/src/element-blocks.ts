import type { Block } from "@tidemark/domain";

const DROPPED = new Set(
  (
    "script style noscript template nav footer aside form button select svg math iframe object " +
    "canvas audio video dialog head title"
  ).split(" "),
);
/** What does not start a new block; everything else does. */
const INLINE = new Set(
  (
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark output " +
    "q rp rt ruby s samp small span strike strong sub sup time tt u var wbr"
  ).split(" "),
);
const HEADING = /^h([1-6])$/u;
const BLANKS = /[^\S\u00a0]+/gu;

const TEXT_NODE = 3;
const ELEMENT_NODE = 1;

/** What is used of a document object model, whoever made it. */
interface MarkupNode {
  readonly nodeType: number;
  readonly textContent: string | null;
}

export interface MarkupElement extends MarkupNode {
  readonly localName: string;
  readonly childNodes: Iterable<MarkupNode>;
  readonly children: Iterable<MarkupElement>;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  querySelector(selector: string): unknown;
}

type Place = "paragraph" | "listItem";

/** The content of an element as blocks, in reading order, without navigation, scripts and forms. */
export function elementBlocks(root: MarkupElement | null): readonly Block[] {
  const blocks: Block[] = [];
  let inline = "";
  const flush = (kind: Place): void => {
    const text = inline.replaceAll(BLANKS, " ").trim();
    inline = "";
    if (text !== "") blocks.push({ kind, text });
  };
  const visitChildren = (element: MarkupElement, place: Place): void => {
    for (const node of element.childNodes) {
      if (node.nodeType === TEXT_NODE) inline += node.textContent ?? "";
      else if (node.nodeType === ELEMENT_NODE) visit(node as MarkupElement, place);
    }
  };
  const visit = (element: MarkupElement, place: Place): void => {
    const name = element.localName.toLowerCase();
    if (DROPPED.has(name) || element.hasAttribute("hidden")) return;
    if (name === "br") inline += " ";
    else if (name === "img") inline += ` ${element.getAttribute("alt") ?? ""} `;
    else if (INLINE.has(name)) visitChildren(element, place);
    else {
      flush(place);
      const within = name === "li" || name === "dt" || name === "dd" ? "listItem" : place;
      const whole = wholeBlock(element, name);
      if (whole === null) visitChildren(element, within);
      else if (whole.text !== "") blocks.push(whole);
      flush(within);
    }
  };
  if (root !== null) visitChildren(root, "paragraph");
  flush("paragraph");
  return blocks;
}

/** An element that is one block whatever is in it; null when its children are to be seen one by one. */
function wholeBlock(element: MarkupElement, name: string): Block | null {
  const level = HEADING.exec(name)?.[1];
  if (level !== undefined) {
    return { kind: "heading", level: Number(level), text: plainText(element) };
  }
  if (name === "pre") {
    return { kind: "code", text: (element.textContent ?? "").replace(/^\n/u, "").trimEnd() };
  }
  // A table inside a cell is laid out, not listed: its rows are seen one by one.
  if (name !== "tr" || element.querySelector("table") !== null) return null;
  const cells = [...element.children].map(plainText);
  return { kind: "tableRow", text: cells.every((cell) => cell === "") ? "" : cells.join(" | ") };
}

/** Blocks inside become words apart. */
function plainText(element: MarkupElement): string {
  return elementBlocks(element)
    .map((block) => block.text)
    .join(" ");
}
