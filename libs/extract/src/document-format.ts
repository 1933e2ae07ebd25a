import { PoisonError } from "@tidemark/pipeline";

/** `lines` is text whose lines mean something by themselves: code, records, logs. */
export type DocumentFormat = "text" | "lines" | "markdown" | "html" | "pdf" | "docx";

const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/** The content type that each format is reported as. */
export const contentTypes: Readonly<Record<DocumentFormat, string>> = {
  text: "text/plain",
  lines: "text/plain",
  markdown: "text/markdown",
  html: "text/html",
  pdf: "application/pdf",
  docx: DOCX,
};

const formatsByType: ReadonlyMap<string, DocumentFormat> = new Map([
  ["text/markdown", "markdown"],
  ["text/x-markdown", "markdown"],
  ["text/html", "html"],
  ["application/xhtml+xml", "html"],
  ["application/pdf", "pdf"],
  [DOCX, "docx"],
]);

const formatsByExtension: ReadonlyMap<string, DocumentFormat> = new Map([
  ...spread("markdown", "md markdown mdx mkd"),
  ...spread("html", "html htm xhtml"),
  ...spread("pdf", "pdf"),
  ...spread("docx", "docx"),
  ...spread("text", "txt text rst adoc asciidoc org tex"),
]);

/** Types beside `text/*` that are text. */
const textTypes = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|yaml|toml|sql|javascript)\b)/u;
const unspecific = new Set(["", "application/octet-stream", "binary/octet-stream", "text/plain"]);

/** So much of a file is looked at to tell text from the rest. */
const SNIFFED_BYTES = 8192;
/** The share of control characters from which bytes are not text; chance gives a tenth. */
const CONTROL_SHARE_MAX = 0.05;

/**
 * What the bytes are to be read as: by their type where it says something, else by the name, else by
 * what they begin with. Throws `PoisonError("unsupported-type")` for what no reader here is for.
 */
export function formatOf({
  bytes,
  contentType,
  fileName,
}: {
  readonly bytes: Uint8Array;
  readonly contentType: string | null;
  readonly fileName: string | null;
}): DocumentFormat {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const format =
    formatsByType.get(type) ??
    (unspecific.has(type) ? formatsByExtension.get(extensionOf(fileName)) : undefined) ??
    (type === "" || type.endsWith("/octet-stream") ? sniff(bytes) : undefined);
  if (format !== undefined) {
    if (format !== "pdf" && format !== "docx") refuseBinary(bytes, type, fileName);
    return format;
  }
  if (type !== "" && !type.endsWith("/octet-stream") && !textTypes.test(type)) {
    throw unsupported(`content type ${JSON.stringify(type)} is not read`);
  }
  refuseBinary(bytes, type, fileName);
  return extensionOf(fileName) === "" && type.startsWith("text/") ? "text" : linesOrText(fileName);
}

/** Prose and Markdown do; in code and records a line of `---` means something else. */
export function mayHaveFrontMatter(fileName: string): boolean {
  const format = formatsByExtension.get(extensionOf(fileName)) ?? linesOrText(fileName);
  return format === "text" || format === "markdown";
}

function linesOrText(fileName: string | null): DocumentFormat {
  return extensionOf(fileName) === "" ? "text" : "lines";
}

function extensionOf(fileName: string | null): string {
  return /\.([a-z0-9]+)$/iu.exec(fileName ?? "")?.[1]?.toLowerCase() ?? "";
}

function spread(format: DocumentFormat, names: string): readonly [string, DocumentFormat][] {
  return names.split(" ").map((name) => [name, format]);
}

function sniff(bytes: Uint8Array): DocumentFormat | undefined {
  const head = Buffer.from(bytes.subarray(0, SNIFFED_BYTES)).toString("latin1");
  if (head.startsWith("%PDF-")) return "pdf";
  if (head.startsWith("PK\u0003\u0004") && head.includes("[Content_Types].xml")) return "docx";
  if (/^\s*<(?:!doctype html|html)[\s>]/iu.test(head.slice(0, 200))) return "html";
  return undefined;
}

function refuseBinary(bytes: Uint8Array, type: string, fileName: string | null): void {
  const head = bytes.subarray(0, SNIFFED_BYTES);
  const [first, second] = head;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return;
  let controls = 0;
  for (const byte of head) {
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls += 1;
  }
  if (controls <= head.length * CONTROL_SHARE_MAX) return;
  const name = fileName === null ? "" : ` of ${JSON.stringify(fileName)}`;
  throw unsupported(
    `the content${name} is not text${type === "" ? "" : `, though called ${type}`}`,
  );
}

function unsupported(message: string): PoisonError {
  return new PoisonError("unsupported-type", `${message}: text, Markdown, HTML, PDF and DOCX are`);
}
