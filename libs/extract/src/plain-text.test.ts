import { linesOf, paragraphsOf } from "./plain-text.ts";

test("blank lines part paragraphs, whatever the line breaks", () => {
  expect(
    paragraphsOf("\r\n one\r\ntwo\r\n \t\r\n\nthree\rfour \n").map((block) => block.text),
  ).toEqual(["one\ntwo", "three\nfour"]);
});

test("lines keep their indentation", () => {
  expect(linesOf("if a:\n  b\n\n\n  c").map((block) => block.text)).toEqual(["if a:\n  b", "  c"]);
});
