import type { Block } from "@tidemark/domain";

/** Paragraphs are what blank lines part; their lines stay lines. */
export function paragraphsOf(text: string): readonly Block[] {
  return stretchesOf(text).map((stretch) => ({ kind: "paragraph", text: stretch.trim() }));
}

/** Code, records, logs: the same stretches, each kept line by line with its indentation. */
export function linesOf(text: string): readonly Block[] {
  return stretchesOf(text).map((stretch) => ({ kind: "code", text: stretch }));
}

function stretchesOf(text: string): readonly string[] {
  const stretches: string[] = [];
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) stretches.push(lines.join("\n"));
    lines = [];
  };
  for (const line of text.split(/\r\n?|\n/u)) {
    if (line.trim() === "") flush();
    else lines.push(line.trimEnd());
  }
  flush();
  return stretches;
}
