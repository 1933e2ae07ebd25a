import type { StructuredText } from "@tidemark/domain";
import { PoisonError } from "@tidemark/pipeline";
import { getDocumentProxy } from "unpdf";
import { limitError } from "./limit-error.ts";
import { pdfBlocks, pdfLines } from "./pdf-lines.ts";
import type { PdfLine } from "./pdf-lines.ts";

/** A title that is the name of the program or file it was made with says nothing. */
const MADE_UP_TITLE =
  /^(?:untitled|microsoft word|powerpoint)|\.(?:docx?|odt|rtf|tex|dvi|indd|pptx?)$/iu;

/**
 * A PDF's text, page by page. Throws `PoisonError`: `size-limit` past the pages or characters allowed,
 * `extraction-failed` when it is encrypted, damaged, or holds nothing but pictures.
 */
export async function readPdf(
  bytes: Uint8Array,
  { pagesMax, outputCharsMax }: { readonly pagesMax: number; readonly outputCharsMax: number },
): Promise<StructuredText> {
  const pdf = await open(bytes);
  try {
    if (pdf.numPages > pagesMax) {
      throw limitError("size-limit", {
        what: "pages of the PDF",
        value: pdf.numPages,
        setting: "pagesMax",
        max: pagesMax,
      });
    }
    const lines: PdfLine[] = [];
    let characters = 0;
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      for (const line of pdfLines(items.filter((item) => "str" in item))) {
        lines.push(line);
        characters += line.text.length;
      }
      page.cleanup();
      if (characters > outputCharsMax) {
        throw limitError("size-limit", {
          what: "characters of text",
          value: null,
          setting: "outputCharsMax",
          max: outputCharsMax,
        });
      }
    }
    if (characters === 0) {
      throw new PoisonError(
        "extraction-failed",
        `the PDF has no text on its ${pdf.numPages} pages: are they pictures?`,
      );
    }
    return { title: await titleOf(pdf), blocks: pdfBlocks(lines) };
  } catch (error) {
    throw unreadable(error);
  } finally {
    await pdf.loadingTask.destroy();
  }
}

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

async function open(bytes: Uint8Array): Promise<Pdf> {
  try {
    return await getDocumentProxy(bytes, {
      disableFontFace: true,
      useSystemFonts: false,
      useWorkerFetch: false,
      stopAtErrors: false,
      verbosity: 0,
    });
  } catch (error) {
    throw unreadable(error);
  }
}

async function titleOf(pdf: Pdf): Promise<string | null> {
  const { info } = await pdf.getMetadata();
  const said: unknown = "Title" in info ? info.Title : null;
  const title = typeof said === "string" ? said.replaceAll(/\s+/gu, " ").trim() : "";
  return title === "" || MADE_UP_TITLE.test(title) ? null : title;
}

function unreadable(error: unknown): unknown {
  if (error instanceof PoisonError || error instanceof RangeError) return error;
  const name = error instanceof Error ? error.name : "";
  const reason = name === "PasswordException" ? "it is encrypted" : String(error);
  return new PoisonError("extraction-failed", `the PDF is unreadable: ${reason}`, { cause: error });
}
