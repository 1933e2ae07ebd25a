import type { StructuredText } from "@tidemark/domain";
import { Defuddle } from "defuddle/node";
import { parseHTML } from "linkedom";
import { charactersOf } from "./characters.ts";
import { elementBlocks } from "./element-blocks.ts";
import type { MarkupElement } from "./element-blocks.ts";
import { titleFromBlocks } from "./markdown.ts";
import { refuseDeepMarkup } from "./markup-depth.ts";

/** Below this share of the page's text, what is left is more likely too little than the article. */
const ARTICLE_SHARE_MIN = 0.4;

/**
 * A page's article without what surrounds it on every page. When the rules for that leave little,
 * all but navigation, scripts and forms is kept: found too much is better than lost.
 *
 * Throws `PoisonError("depth-limit")`. Nothing is fetched.
 */
export async function readHtml(
  html: string,
  { depthMax }: { readonly depthMax: number },
): Promise<StructuredText> {
  refuseDeepMarkup(html, { depthMax });
  const document = parse(withRoot(html));
  const title = (document.querySelector("title")?.textContent ?? "")
    .replaceAll(/\s+/gu, " ")
    .trim();
  // Before anything asks for the body, which is made up where the page has none.
  const page = elementBlocks(document.documentElement);
  const article = await articleBlocks(document);
  const enough = charactersOf(article) >= charactersOf(page) * ARTICLE_SHARE_MIN;
  const blocks = enough ? article : page;
  return { title: title === "" ? titleFromBlocks(blocks) : title, blocks };
}

/** HTML that is known to be nothing but content, from another reader. */
export function readHtmlFragment(
  html: string,
  limits: { readonly depthMax: number },
): StructuredText {
  refuseDeepMarkup(html, limits);
  const document = parse(`<html><body>${html}</body></html>`);
  const blocks = elementBlocks(document.body);
  return { title: titleFromBlocks(blocks), blocks };
}

/** A fragment has no root, and the parser makes none. */
function withRoot(html: string): string {
  return /<html[\s>]/iu.test(html) ? html : `<html><body>${html}</body></html>`;
}

/** What is used of a parsed page. */
interface MarkupDocument {
  readonly body: MarkupElement | null;
  readonly documentElement: MarkupElement | null;
  querySelector(selector: string): { readonly textContent: string | null } | null;
}

function parse(html: string): MarkupDocument {
  return parseHTML(html).document;
}

async function articleBlocks(document: MarkupDocument): Promise<StructuredText["blocks"]> {
  try {
    const { content } = await Defuddle(document, "about:blank", {
      useAsync: false,
      removeImages: true,
    });
    return elementBlocks(parse(`<html><body>${content}</body></html>`).body);
  } catch {
    // It knows many sites and trusts them all; a page that it trips over is read whole instead.
    return [];
  }
}
