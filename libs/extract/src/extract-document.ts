import type { StructuredText } from "@tidemark/domain";
import { PoisonError } from "@tidemark/pipeline";
import { charactersOf } from "./characters.ts";
import { decodeHtml, decodeText } from "./decode-text.ts";
import type { DocumentFormat } from "./document-format.ts";
import type { ExtractionLimits } from "./extraction-limits.ts";
import type { FrontMatter } from "./front-matter-fields.ts";
import { parseFrontMatter } from "./front-matter.ts";
import { limitError } from "./limit-error.ts";
import { markdownBlocks, titleFromBlocks } from "./markdown.ts";
import { linesOf, paragraphsOf } from "./plain-text.ts";

export interface ExtractionJob {
  readonly bytes: Uint8Array;
  readonly format: DocumentFormat;
  readonly contentType: string | null;
  readonly limits: ExtractionLimits;
}

export interface ExtractedText {
  readonly text: StructuredText;
  readonly frontMatter: FrontMatter | null;
  readonly characters: number;
}

/** Reads a document on the thread it is called on. Throws `PoisonError`. */
export async function extractDocument(job: ExtractionJob): Promise<ExtractedText> {
  try {
    const { text, frontMatter } = await read(job);
    const characters = charactersOf(text.blocks);
    if (characters > job.limits.outputCharsMax) {
      throw limitError("size-limit", {
        what: "characters of text",
        value: characters,
        setting: "outputCharsMax",
        max: job.limits.outputCharsMax,
      });
    }
    return { text, frontMatter, characters };
  } catch (error) {
    if (error instanceof RangeError && error.message.includes("call stack")) {
      throw new PoisonError("depth-limit", "nested so deeply that its reader ran out of stack", {
        cause: error,
      });
    }
    throw error;
  }
}

async function read({
  bytes,
  format,
  contentType,
  limits,
}: ExtractionJob): Promise<Omit<ExtractedText, "characters">> {
  if (bytes.length === 0) return { text: { title: null, blocks: [] }, frontMatter: null };
  switch (format) {
    case "text":
    case "markdown": {
      const front = parseFrontMatter(bytes);
      const body = decodeText(bodyOf(bytes, front?.bodyOffset ?? 0), contentType);
      const blocks = format === "text" ? paragraphsOf(body) : markdownBlocks(body, limits);
      const own = format === "text" ? null : titleFromBlocks(blocks);
      const title = front?.fields.title ?? own;
      return { text: { title, blocks }, frontMatter: front?.fields ?? null };
    }
    case "lines":
      return {
        text: { title: null, blocks: linesOf(decodeText(bytes, contentType)) },
        frontMatter: null,
      };
    // Each of these is heavy, and loaded when the first document asks for it.
    case "html": {
      const { readHtml } = await import("./html.ts");
      return { text: await readHtml(decodeHtml(bytes, contentType), limits), frontMatter: null };
    }
    case "pdf": {
      const { readPdf } = await import("./pdf.ts");
      return { text: await readPdf(bytes, limits), frontMatter: null };
    }
    case "docx": {
      const { readDocx } = await import("./docx.ts");
      return { text: await readDocx(bytes, limits), frontMatter: null };
    }
  }
}

/** The body keeps the mark that says how it is encoded. */
function bodyOf(bytes: Uint8Array, offset: number): Uint8Array {
  if (offset === 0) return bytes;
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!wide) return bytes.subarray(offset);
  return Buffer.concat([bytes.subarray(0, 2), bytes.subarray(offset)]);
}
