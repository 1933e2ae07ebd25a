/** By extension, in lower case. What is absent has no type, and the extractor decides. */
const contentTypes: Readonly<Record<string, string>> = {
  md: "text/markdown",
  markdown: "text/markdown",
  mdx: "text/markdown",
  html: "text/html",
  htm: "text/html",
  xhtml: "text/html",
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
};

const plainTextExtensions = new Set(
  (
    "txt text log rst adoc asciidoc org tex csv tsv json jsonl ndjson yaml yml toml ini cfg conf " +
    "properties env xml sql graphql proto sh bash zsh fish ps1 bat js mjs cjs jsx ts mts cts tsx " +
    "py rb go rs java kt kts scala c h cc cpp hpp cs swift m php pl lua r jl ex exs erl hs ml " +
    "clj dart vue svelte css scss less tf diff patch"
  ).split(" "),
);

export const contentTypeTableVersion = 1;

/** The content type of a file by its name, or null when the extension says nothing. */
export function contentTypeOf(fileName: string): string | null {
  const dot = fileName.lastIndexOf(".");
  if (dot < 0) return null;
  const extension = fileName.slice(dot + 1).toLowerCase();
  if (Object.hasOwn(contentTypes, extension)) return contentTypes[extension] ?? null;
  return plainTextExtensions.has(extension) ? "text/plain" : null;
}
