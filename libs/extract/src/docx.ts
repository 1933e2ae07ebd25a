import type { StructuredText } from "@tidemark/domain";
import { PoisonError } from "@tidemark/pipeline";
import mammoth from "mammoth";
import type { ExtractionLimits } from "./extraction-limits.ts";
import { readHtmlFragment } from "./html.ts";
import { limitError } from "./limit-error.ts";
import { refuseDeepMarkup } from "./markup-depth.ts";
import { ZipArchive } from "./zip-archive.ts";

const PARTS = /\.(?:xml|rels)$/iu;

/**
 * A Word document as its headings, paragraphs, lists and tables. Images are left out, linked files
 * are never opened. Throws `PoisonError` for an archive that is too big, too deep or broken.
 */
export async function readDocx(
  bytes: Uint8Array,
  { unpackedBytesMax, outputCharsMax, depthMax }: ExtractionLimits,
): Promise<StructuredText> {
  const archive = ZipArchive.open(bytes, { unpackedBytesMax, reads: (name) => PARTS.test(name) });
  if (!archive.has("word/document.xml")) {
    throw new PoisonError("extraction-failed", "the archive holds no Word document");
  }
  const html = await convert(partsOf(archive, depthMax));
  if (html.length > outputCharsMax) {
    throw limitError("size-limit", {
      what: "characters of text",
      value: html.length,
      setting: "outputCharsMax",
      max: outputCharsMax,
    });
  }
  return readHtmlFragment(html, { depthMax });
}

/** Mammoth's own view of an archive: it reads what it asks for through our bounds. */
function partsOf(archive: ZipArchive, depthMax: number) {
  const exists = (name: string): boolean => PARTS.test(name) && archive.has(name);
  return {
    exists,
    read: async (name: string, encoding?: string): Promise<string | Uint8Array> => {
      const part = archive.read(name);
      if (encoding === "base64") return Buffer.from(part).toString("base64");
      if (encoding === undefined) return part;
      const xml = new TextDecoder(encoding).decode(part);
      refuseDeepMarkup(xml, { depthMax, xml: true });
      return xml;
    },
    write: () => {
      throw new TypeError("the archive is only read");
    },
  };
}

async function convert(file: ReturnType<typeof partsOf>): Promise<string> {
  const input = { file } as unknown as { readonly buffer: Buffer };
  try {
    const result = await mammoth.convertToHtml(input, {
      externalFileAccess: false,
      includeEmbeddedStyleMap: false,
      convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: "" })),
    });
    return result.value;
  } catch (error) {
    if (error instanceof PoisonError || error instanceof RangeError) throw error;
    throw new PoisonError(
      "extraction-failed",
      `the Word document is unreadable: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
}
