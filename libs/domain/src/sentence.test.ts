import * as fc from "fast-check";
import { sentencesOf } from "./sentence.ts";

const rows: readonly (readonly [string, readonly string[]])[] = [
  ["", []],
  ["No end", ["No end"]],
  ["One. Two! Three?", ["One. ", "Two! ", "Three?"]],
  ['He said "Go." Then he went.', ['He said "Go." ', "Then he went."]],
  ["Use e.g. Node, or i.e. this. Then stop.", ["Use e.g. Node, or i.e. this. ", "Then stop."]],
  ["See Fig. 3 of Dr. Smith. Good.", ["See Fig. 3 of Dr. Smith. ", "Good."]],
  ["Version 1.2.3 of a.b is out. Get it.", ["Version 1.2.3 of a.b is out. ", "Get it."]],
  ["wait... then go", ["wait... then go"]],
  ["一。二！「三。」四", ["一。", "二！", "「三。」", "四"]],
];

test.each(rows)("%j is cut as a reader would", (text, sentences) => {
  expect(sentencesOf(text)).toEqual(sentences);
});

test("sentences joined are the text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "B", ".", "!", " ", "\n", "。", '"', "e.g.") }),
      (text) => {
        expect(sentencesOf(text).join("")).toBe(text);
      },
    ),
  );
});
