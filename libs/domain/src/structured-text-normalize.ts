import type { Block, StructuredText } from "./structured-text.ts";

/** Part of every fingerprint; raised when the same text would come out differently. */
export const NORMALIZER_VERSION = "1";

export type Normalization = "nfc" | "nfkc" | "none";

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufeff]/gu;
const LINE_BREAKS = /\r\n?|[\v\f\u0085\u2028\u2029]/gu;

/**
 * The text in one spelling: Unicode form as asked; line breaks as `\n`; control characters and byte
 * order marks gone; lone surrogates replaced by U+FFFD. Blocks left blank are dropped.
 */
export function normalizeText(text: StructuredText, normalization: Normalization): StructuredText {
  const blocks: Block[] = [];
  for (const block of text.blocks) {
    const normalized = normalizeString(block.text, normalization);
    if (normalized.trim() === "") continue;
    blocks.push(normalized === block.text ? block : { ...block, text: normalized });
  }
  const title = text.title === null ? "" : normalizeString(text.title, normalization).trim();
  return { title: title === "" ? null : title, blocks };
}

/** What `normalizeText` does to one string; for a query it must be the same as for a document. */
export function normalizeString(text: string, normalization: Normalization): string {
  const clean = text.toWellFormed().replace(LINE_BREAKS, "\n").replace(CONTROLS, "");
  switch (normalization) {
    case "nfc":
      return clean.normalize("NFC");
    case "nfkc":
      return clean.normalize("NFKC");
    case "none":
      return clean;
  }
}
