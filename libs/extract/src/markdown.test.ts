import { markdownBlocks, titleFromBlocks } from "./markdown.ts";

const limits = { depthMax: 100 };

function blocks(markdown: string) {
  return markdownBlocks(markdown, limits).map((block) =>
    block.kind === "heading" ? [block.kind, block.text, block.level] : [block.kind, block.text],
  );
}

test.each([
  [
    "# One *two* `three`\n\nFour\n====",
    [
      ["heading", "One two three", 1],
      ["heading", "Four", 1],
    ],
  ],
  ["one\ntwo  \nthree", [["paragraph", "one two three"]]],
  [
    "[words](http://a.b) ![alt **x**](i.png) <b>raw</b><br>next",
    [["paragraph", "words alt x raw next"]],
  ],
  [
    "- a\n- b\n  1. c\n\n     more\n",
    [
      ["listItem", "a"],
      ["listItem", "b"],
      ["listItem", "c"],
      ["listItem", "more"],
    ],
  ],
  [
    "| a | b |\n|---|---|\n| 1 | `2` |",
    [
      ["tableRow", "a | b"],
      ["tableRow", "1 | 2"],
    ],
  ],
  ["```js\n  x\n\n  y\n```", [["code", "  x\n\n  y"]]],
  [
    "> quoted\n> > twice",
    [
      ["paragraph", "quoted"],
      ["paragraph", "twice"],
    ],
  ],
  [
    "<div>\n<p>Text &amp; <b>more</b></p><script>x()</script>\n</div>",
    [["paragraph", "Text &amp; more"]],
  ],
  ["a &amp; b \\* c", [["paragraph", "a & b * c"]]],
  ["---\n\n***\n\n<!-- nothing -->\n", []],
])("%j", (markdown, expected) => {
  expect(blocks(markdown)).toEqual(expected);
});

test("the title is the first heading if it is of the first level", () => {
  expect(titleFromBlocks(markdownBlocks("intro\n\n# T\n\n# U", limits))).toBe("T");
  expect(titleFromBlocks(markdownBlocks("## T\n\n# U", limits))).toBeNull();
});

test.each([
  ["quotes", ">".repeat(100_000)],
  ["spaced quotes", "> ".repeat(101)],
  ["lists on a line", `${"- ".repeat(5000)}x`],
  ["numbers on a line", `${"1. ".repeat(5000)}x`],
  [
    "lists by indentation",
    Array.from({ length: 150 }, (_, at) => `${"  ".repeat(at)}- x`).join("\n"),
  ],
])("%s nested too deeply are refused", (_name, markdown) => {
  expect(() => markdownBlocks(markdown, limits)).toThrow(
    expect.objectContaining({
      reason: "depth-limit",
      message: expect.stringContaining("vectors.extraction.nesting = 100"),
    }),
  );
});

test("nesting up to the limit is read whole", () => {
  expect(blocks(`${"> ".repeat(99)}deep`)).toEqual([["paragraph", "deep"]]);
  const lists = Array.from({ length: 90 }, (_, at) => `${"  ".repeat(at)}- item ${at}`).join("\n");
  expect(blocks(lists).length).toBe(90);
});

test.each(["[", "![", "_*", "*a ", "<a ", "`a``", "[a](", "|a"])(
  "%j repeated is no trap",
  (part) => {
    const startedMs = performance.now();
    markdownBlocks(part.repeat(8192 / part.length), limits);

    expect(performance.now() - startedMs).toBeLessThan(30_000);
  },
);
