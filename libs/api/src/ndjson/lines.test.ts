import * as fc from "fast-check";
import { linesOf, type Line } from "./lines.ts";

async function* piecesOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  let from = 0;
  for (const to of places) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function read(pieces: AsyncIterable<Buffer>, lineBytesMax: number): Promise<Line[]> {
  return Array.fromAsync(linesOf(pieces, { lineBytesMax }));
}

const told = (line: Line) => ("tooLong" in line ? null : line.bytes.toString());

test("lines are the same however their bytes arrive", async () => {
  const texts = fc.array(fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n")));
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat()), async (lines, cuts) => {
      const whole = Buffer.from(lines.map((line) => `${line}\n`).join(""));

      const found = await read(piecesOf(whole, cuts), 10_000);

      expect(found.map(told)).toEqual(lines);
      expect(found.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
    }),
  );
});

test("the last line need not end", async () => {
  const found = await read(piecesOf(Buffer.from("one\ntwo"), [2]), 10);

  expect(found.map(told)).toEqual(["one", "two"]);
});

test("a line past the bound is let go, and those after it are read", async () => {
  const bytes = Buffer.from(`12345\n${"x".repeat(100)}\n123456\nend`);

  const found = await read(piecesOf(bytes, [8, 20, 60]), 5);

  expect(found.map(told)).toEqual(["12345", null, null, "end"]);
});
