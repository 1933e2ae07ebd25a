import { pdfBlocks, pdfLines } from "./pdf-lines.ts";

function item(str: string, { y = 700, size = 10, hasEOL = true } = {}) {
  return { str, transform: [size, 0, 0, size, 72, y], hasEOL };
}

test("pieces of a line are joined, and lines of a paragraph with their hyphens", () => {
  const lines = pdfLines([
    item("One ", { hasEOL: false }),
    item("sentence that is hyphen-"),
    item("ated at its end,", { y: 688 }),
    item("half-", { y: 676 }),
    item("Dutch.", { y: 664 }),
  ]);

  expect(pdfBlocks(lines)).toEqual([
    { kind: "paragraph", text: "One sentence that is hyphenated at its end, half- Dutch." },
  ]);
});

test("gaps part paragraphs, large letters are headings", () => {
  const lines = pdfLines([
    item("Title", { size: 20 }),
    item("A paragraph of text.", { y: 660 }),
    item("Another paragraph.", { y: 630 }),
    item("Section", { y: 600, size: 12 }),
  ]);

  expect(pdfBlocks(lines)).toEqual([
    { kind: "heading", level: 1, text: "Title" },
    { kind: "paragraph", text: "A paragraph of text." },
    { kind: "paragraph", text: "Another paragraph." },
    { kind: "heading", level: 3, text: "Section" },
  ]);
});

test("a sentence runs on over the page", () => {
  const page = (text: string, y: number) => pdfLines([item(text, { y })]);

  const blocks = pdfBlocks([...page("It goes", 80), ...page("on.", 700), ...page("New.", 720)]);

  expect(blocks.map((block) => block.text)).toEqual(["It goes on.", "New."]);
});
