import { refuseDeepMarkup } from "./markup-depth.ts";

const tooDeep = expect.objectContaining({ reason: "depth-limit" });

function check(markup: string, xml = false): () => void {
  return () => refuseDeepMarkup(markup, { depthMax: 100, xml });
}

test.each([
  ["tags", "<div>".repeat(100_000)],
  ["tags with values", '<div class="a>b">'.repeat(101)],
  ["tags that close others", "<span><div></span>".repeat(200)],
  ["tags that claim to be empty", "<div/>".repeat(200)],
  ["formatting", "<b><p>".repeat(200)],
])("%s nested too deeply are refused", (_name, markup) => {
  expect(check(markup)).toThrow(tooDeep);
});

test("a level of XML is one whatever its name", () => {
  expect(check("<p>".repeat(101), true)).toThrow(tooDeep);
  expect(check("<p/>".repeat(1000), true)).not.toThrow();
});

test.each([
  ["paragraphs that are never closed", "<p>x<li>y<br><td>".repeat(5000)],
  ["elements side by side", "<div><span>x</span></div>".repeat(5000)],
  ["comments", `<!--${"<div>".repeat(5000)}-->`],
  ["scripts", `<script>${'"<div>"'.repeat(5000)}</script>`],
  ["drawings", `<svg>${"<path/>".repeat(5000)}</svg>`],
  ["comparisons", "a < b and 1<2 ".repeat(5000)],
])("%s are not nested", (_name, markup) => {
  expect(check(markup)).not.toThrow();
});

test.each([["<"], ["<!--"], ["<a "], ['<a b="'], ["</a>"], ["<script>"]])(
  "a megabyte of %j takes linear time",
  (part) => {
    const startedMs = performance.now();
    try {
      refuseDeepMarkup(part.repeat(1_000_000 / part.length), { depthMax: 1_000 });
    } catch {
      // Whether it is refused is not the question.
    }

    expect(performance.now() - startedMs).toBeLessThan(30_000);
  },
);
