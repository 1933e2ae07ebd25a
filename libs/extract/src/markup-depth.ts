import { limitError } from "./limit-error.ts";

/** Elements that hold nothing, and those whose end tag may be missing: they do not nest in their like. */
const FLAT = new Set(
  (
    "area base br col embed hr img input link meta param source track wbr " +
    "p li dt dd tr td th thead tbody tfoot option optgroup colgroup rp rt html head body"
  ).split(" "),
);
/** Elements whose content is text up to their end tag. */
const RAW = new Set("script style textarea title xmp iframe noembed noframes".split(" "));
const FOREIGN = new Set(["svg", "math"]);
const NAME_CHARS_MAX = 64;

/**
 * Refuses markup that is nested deeper than `depthMax` before any parser sees it: they recurse, or
 * grow slow. One pass that stops at the limit. Tags that were never closed count as open.
 *
 * Throws `PoisonError("depth-limit")`.
 */
export function refuseDeepMarkup(
  markup: string,
  { depthMax, xml = false }: { readonly depthMax: number; readonly xml?: boolean },
): void {
  const open: string[] = [];
  for (let at = markup.indexOf("<"); at >= 0; at = markup.indexOf("<", at)) {
    const tag = tagAt(markup, at);
    at = tag.end;
    if (tag.name === "") continue;
    if (tag.closing) {
      const last = open.lastIndexOf(tag.name);
      if (last >= 0) open.splice(last, 1);
      continue;
    }
    const empty = tag.selfClosing && (xml || open.some((name) => FOREIGN.has(name)));
    if (empty || (!xml && FLAT.has(tag.name))) continue;
    if (!xml && RAW.has(tag.name)) {
      at = endOfRaw(markup, { from: at, name: tag.name });
      continue;
    }
    open.push(tag.name);
    if (open.length > depthMax) {
      throw limitError("depth-limit", {
        what: "nesting of tags",
        value: null,
        setting: "depthMax",
        max: depthMax,
      });
    }
  }
}

interface Tag {
  /** In lower case; empty for what is no element. */
  readonly name: string;
  readonly closing: boolean;
  readonly selfClosing: boolean;
  /** The place behind it. */
  readonly end: number;
}

function tagAt(markup: string, at: number): Tag {
  const none = { name: "", closing: false, selfClosing: false };
  if (markup.startsWith("<!--", at)) return { ...none, end: behind(markup, "-->", at + 2) };
  const closing = markup.charAt(at + 1) === "/";
  const nameAt = at + (closing ? 2 : 1);
  const name = /^[a-z][^\s/>]*/iu.exec(markup.slice(nameAt, nameAt + NAME_CHARS_MAX))?.[0];
  if (name === undefined) return { ...none, end: at + 1 };
  const end = endOfTag(markup, nameAt + name.length);
  const selfClosing = markup.charAt(end - 2) === "/";
  return { name: name.toLowerCase(), closing, selfClosing, end };
}

/** Behind the `>` that is not inside a quoted value. */
function endOfTag(markup: string, from: number): number {
  for (let at = from; at < markup.length; at += 1) {
    const char = markup.charAt(at);
    if (char === ">") return at + 1;
    if ((char === '"' || char === "'") && markup.charAt(at - 1) === "=") {
      const quote = markup.indexOf(char, at + 1);
      if (quote < 0) return markup.length;
      at = quote;
    }
  }
  return markup.length;
}

function endOfRaw(markup: string, { from, name }: { from: number; name: string }): number {
  const closing = new RegExp(`</${name}[\\s/>]`, "giu");
  closing.lastIndex = from;
  const found = closing.exec(markup);
  return found === null ? markup.length : found.index + 1;
}

function behind(markup: string, text: string, from: number): number {
  const found = markup.indexOf(text, from);
  return found < 0 ? markup.length : found + text.length;
}
