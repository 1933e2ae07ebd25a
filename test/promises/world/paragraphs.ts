import type { TextExtractor } from "@tidemark/pipeline";

/** Paragraphs are parted by blank lines; one of five to eight words is a chunk of its own. */
export const paragraphs: TextExtractor = {
  version: "1",
  async extract({ bytes }) {
    const text = Buffer.from(bytes).toString();
    const blocks = text
      .split("\n\n")
      .filter((paragraph) => paragraph !== "")
      .map((paragraph) => ({ kind: "paragraph" as const, text: paragraph }));
    return { text: { title: null, blocks }, characters: text.length };
  },
};
