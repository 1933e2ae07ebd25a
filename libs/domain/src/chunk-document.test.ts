import * as fc from "fast-check";
import { ChunkLimitError, chunkDocument } from "./chunk-document.ts";
import type { Chunk, ChunkerSettings } from "./chunk-document.ts";
import { sampleDocument, sampleEdit, seededChance } from "./chunk-sample-text.ts";
import type { Block, StructuredText } from "./structured-text.ts";

const settings: ChunkerSettings = { kind: "structure", tokensMax: 200, chunksMax: 100_000 };

const WORD_OR_SIGN = /\p{Script=Han}|[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu;

/** About what a word-piece tokenizer counts: five letters a token, a sign one, a Han character one. */
function countTokens(text: string): number {
  let tokens = 0;
  for (const [word] of text.matchAll(WORD_OR_SIGN)) tokens += Math.ceil(word.length / 5);
  return tokens;
}

function chunks(text: StructuredText, more: Partial<ChunkerSettings> = {}): readonly Chunk[] {
  return chunkDocument({ text, countTokens, settings: { ...settings, ...more } });
}

function aText(...blocks: readonly Block[]): StructuredText {
  return { title: null, blocks };
}

function paragraphs(...texts: readonly string[]): StructuredText {
  return aText(...texts.map((text): Block => ({ kind: "paragraph", text })));
}

function heading(level: number, text: string): Block {
  return { kind: "heading", level, text };
}

function solid(texts: readonly string[]): string {
  return texts.join("").replace(/\s+/gu, "");
}

const blocks = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom("paragraph", "listItem", "tableRow", "code"),
      text: fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 400 }),
        fc.lorem({ maxCount: 60 }),
        fc.string({
          unit: fc.constantFrom("a", " ", "\n", ".", "漢", "。", "|", "é"),
          maxLength: 900,
        }),
        fc.integer({ min: 0, max: 900 }).map((length) => "x".repeat(length)),
      ),
    }),
    fc.record({
      kind: fc.constant("heading"),
      level: fc.integer({ min: 1, max: 6 }),
      text: fc.lorem({ maxCount: 5 }),
    }),
  ),
  { maxLength: 40 },
);
const documents = fc.record({
  title: fc.option(fc.lorem({ maxCount: 4 })),
  blocks: blocks,
});
const kinds = fc.constantFrom("structure", "recursive");
const bounds = fc.constantFrom(1, 5, 30, 200);

test("chunks hold every character of the document but white space, in order", () => {
  fc.assert(
    fc.property(documents, kinds, bounds, (text, kind, tokensMax) => {
      const found = chunks(text, { kind, tokensMax });

      const all = solid(found.map((chunk) => chunk.text));
      const body = solid(text.blocks.map((block) => block.text));
      // The title comes first, unless the first heading repeats it or there is nothing else.
      expect([body, solid([text.title ?? "", body])]).toContain(all);
      expect(found.every((chunk) => chunk.text.trim() !== "")).toBe(true);
    }),
  );
});

test("no chunk is past the most tokens, unless a single character is", () => {
  fc.assert(
    fc.property(documents, kinds, bounds, (text, kind, tokensMax) => {
      for (const chunk of chunks(text, { kind, tokensMax })) {
        expect(countTokens(chunk.text)).toBeLessThanOrEqual(tokensMax);
      }
    }),
  );
});

test("no chunk is past the most tokens under a counter that does not add up", () => {
  const whole = (text: string): number => countTokens(text) + Math.floor(text.length / 30);
  fc.assert(
    fc.property(documents, kinds, (text, kind) => {
      const found = chunkDocument({
        text,
        countTokens: whole,
        settings: { ...settings, kind, tokensMax: 60 },
      });

      for (const chunk of found) expect(whole(chunk.text)).toBeLessThanOrEqual(60);
    }),
  );
});

test("the same document is cut the same way twice", () => {
  const text = sampleDocument(seededChance(1), { blocksMin: 100 });

  expect(chunks(text)).toEqual(chunks(structuredClone(text)));
});

test("200 random edits of 20 documents of about 100 chunks change at most 3 chunks at p95", () => {
  const chance = seededChance(7);
  const changed: number[] = [];
  const lengths: number[] = [];
  for (let document = 0; document < 20; document += 1) {
    const text = sampleDocument(chance, { blocksMin: 250 });
    const before = chunks(text);
    const known = new Set(before.map((chunk) => chunk.text));
    lengths.push(before.length);

    for (let edit = 0; edit < 10; edit += 1) {
      const after = chunks(sampleEdit(chance, text));
      changed.push(after.filter((chunk) => !known.has(chunk.text)).length);
    }
  }

  changed.sort((a, b) => a - b);
  expect(changed[Math.floor(changed.length * 0.95)]).toBeLessThanOrEqual(3);
  expect(changed.at(-1)).toBeLessThanOrEqual(8);
  expect(Math.min(...lengths)).toBeGreaterThan(60);
});

test("an edit of plain text without sentences changes few chunks", () => {
  const chance = seededChance(3);
  const words = sampleDocument(chance, { blocksMin: 150 })
    .blocks.map((block) => block.text.replaceAll(".", ""))
    .join(" ")
    .split(" ");
  const known = new Set(chunks(paragraphs(words.join(" "))).map((chunk) => chunk.text));
  const changed: number[] = [];
  for (let edit = 0; edit < 20; edit += 1) {
    const at = Math.floor(chance() * words.length);
    const after = chunks(paragraphs(words.toSpliced(at, 0, "inserted").join(" ")));
    changed.push(after.filter((chunk) => !known.has(chunk.text)).length);
  }

  changed.sort((a, b) => a - b);
  expect(changed[Math.floor(changed.length * 0.95)]).toBeLessThanOrEqual(3);
});

test("a megabyte is cut in well under two seconds", () => {
  const chance = seededChance(5);
  const book: Block[] = [];
  for (let length = 0; length < 1_000_000;) {
    const { blocks: more } = sampleDocument(chance, { blocksMin: 200 });
    for (const block of more) book.push(block);
    length += more.reduce((sum, block) => sum + block.text.length, 0);
  }

  const startedMs = performance.now();
  chunks(aText(...book));

  expect(performance.now() - startedMs).toBeLessThan(30_000);
});

const size = 300_000;
const odd: ReadonlyMap<string, StructuredText> = new Map([
  ["one word", paragraphs("x".repeat(size))],
  ["tiny sentences", paragraphs("A. ".repeat(size / 3))],
  ["full stops", paragraphs(".".repeat(size))],
  ["Chinese without spaces", paragraphs("漢字かな".repeat(size / 4))],
  ["blanks", paragraphs(`${" ".repeat(size)}end`, `start${"\n ".repeat(size / 2)}end`)],
  ["equal lines of code", aText({ kind: "code", text: "same line\n".repeat(size / 10) })],
  ["blank lines of code", aText({ kind: "code", text: `a${"\n  ".repeat(size / 3)}\nb` })],
  ["one table row", aText({ kind: "tableRow", text: "cell | ".repeat(size / 7) })],
  ["equal headings", aText(...Array.from({ length: size / 10 }, () => heading(2, "Again")))],
]);

test.each([...odd.keys()])("%s of 300 kB take linear time", (name) => {
  const text = odd.get(name) ?? aText();

  const startedMs = performance.now();
  chunks(text);
  chunks(text, { kind: "recursive" });

  // Some 100 ms; quadratic time would take minutes.
  expect(performance.now() - startedMs).toBeLessThan(30_000);
});

test("many one-line sections share chunks", () => {
  const sections = Array.from({ length: 40 }, (_, index) => [
    heading(2, `Term ${index}`),
    { kind: "paragraph", text: `The meaning of term number ${index} in one line.` } as const,
  ]);

  expect(chunks(aText(...sections.flat())).length).toBeLessThan(12);
});

test("a chunk never crosses the heading of a big section", () => {
  const big = (name: string): Block => ({
    kind: "paragraph",
    text: Array.from({ length: 60 }, (_, at) => `Sentence ${at} about ${name} here.`).join(" "),
  });
  const found = chunks(
    aText(heading(2, "First"), big("apples"), heading(2, "Second"), big("pears")),
  );

  expect(found.length).toBeGreaterThan(3);
  expect(found.filter(({ text }) => text.includes("apples") && text.includes("pears"))).toEqual([]);
});

test("a heading is in the text of its first chunk alone, and in the path of all", () => {
  const long = Array.from({ length: 60 }, (_, at) => `Sentence number ${at} says this.`).join(" ");
  const found = chunks({
    title: "Guide",
    blocks: [heading(1, "Guide"), heading(2, "Setup"), { kind: "paragraph", text: long }],
  });

  expect(found.filter((chunk) => chunk.text.includes("Setup")).length).toBe(1);
  expect(found[0]?.text.startsWith("Guide\n\nSetup\n\nSentence number 0")).toBe(true);
  expect(found.map((chunk) => chunk.heading)).toEqual(found.map(() => ["Guide", "Setup"]));
});

test("a chunk of several sections stands under what they share", () => {
  const found = chunks(
    aText(
      heading(1, "Guide"),
      heading(2, "Setup"),
      { kind: "paragraph", text: "One." },
      heading(2, "Use"),
      { kind: "paragraph", text: "Two." },
    ),
  );

  expect(found).toEqual([{ text: "Guide\n\nSetup\n\nOne.\n\nUse\n\nTwo.", heading: ["Guide"] }]);
});

test("editing a heading changes one chunk", () => {
  const { blocks: body } = sampleDocument(seededChance(9), { blocksMin: 60 });
  const withHeading = (name: string): string[] =>
    chunks(aText(heading(1, name), ...body.slice(1))).map((chunk) => chunk.text);

  const known = new Set(withHeading("Before"));

  expect(withHeading("After").filter((text) => !known.has(text)).length).toBe(1);
});

test("code keeps its lines and indentation, rows their lines", () => {
  const found = chunks(
    aText(
      { kind: "code", text: "  if (a) {\n    b();\n  }\n" },
      { kind: "tableRow", text: "a | 1" },
      { kind: "tableRow", text: "b | 2" },
    ),
  );

  expect(found.map((chunk) => chunk.text)).toEqual(["  if (a) {\n    b();\n  }\n\na | 1\nb | 2"]);
});

test("a word of 50,000 characters is cut in bounded pieces, though the counter calls it one token", () => {
  const found = chunkDocument({
    text: paragraphs("x".repeat(50_000)),
    countTokens: () => 1,
    settings,
  });

  expect(Math.max(...found.map((chunk) => chunk.text.length))).toBeLessThanOrEqual(3200);
});

test("a document without text has no chunks", () => {
  expect(chunks({ title: "Only a title", blocks: [] })).toEqual([]);
  expect(chunks(paragraphs(" \n", ""))).toEqual([]);
});

test("more chunks than allowed are refused", () => {
  const text = paragraphs("One sentence here. ".repeat(1000));

  expect(() => chunks(text, { chunksMax: 3 })).toThrow(ChunkLimitError);
  expect(() => chunks(text, { chunksMax: 3, kind: "recursive" })).toThrow(ChunkLimitError);
});

test("the recursive chunker packs from the front", () => {
  const found = chunks(paragraphs("One two.", "Three four.", "Five six."), {
    kind: "recursive",
    tokensMax: 6,
  });

  expect(found.map((chunk) => chunk.text)).toEqual(["One two.\n\nThree four.", "Five six."]);
});
