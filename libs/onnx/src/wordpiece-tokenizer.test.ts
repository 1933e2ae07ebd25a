import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { WordPieceTokenizer } from "./wordpiece-tokenizer.ts";

interface GoldenCase {
  readonly text: string;
  readonly ids: readonly number[];
  /** In code points. */
  readonly offsets: readonly (readonly [number, number])[];
}

const modelDirectory = new URL("../../../models/all-MiniLM-L6-v2/", import.meta.url);
const file = readFileSync(new URL("tokenizer.json", modelDirectory), "utf8");
const cases = readFileSync(new URL("fixtures/tokenizer-golden.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as GoldenCase);
const tokenizer = WordPieceTokenizer.parse(file, 256);

test("650 of 650 hard texts have the ids of the reference", () => {
  const wrong = cases.filter(({ text, ids }) => !equal(tokenizer.encode(text), ids));

  expect(cases).toHaveLength(650);
  expect(wrong).toEqual([]);
});

test("650 of 650 hard texts have the places of the reference", () => {
  const wrong = cases.filter(({ text, offsets }) => {
    const unitOf = unitsOfCodePoints(text);
    const expected = offsets
      .slice(1, -1)
      .flat()
      .map((offset) => unitOf[offset] ?? -1);
    return !equal(
      tokenizer.spans(text).flatMap(({ start, end }) => [start, end]),
      expected,
    );
  });

  expect(wrong).toEqual([]);
});

test("a long text is cut at the limit with its last token kept", () => {
  const short = WordPieceTokenizer.parse(file, 8);
  const whole = tokenizer.encode("one two three four five six seven eight nine ten");

  const cut = short.encode("one two three four five six seven eight nine ten");

  expect(cut).toEqual([...whole.slice(0, 7), 102]);
  expect(tokenizer.encode("word ".repeat(5000))).toHaveLength(256);
  expect(tokenizer.encode("[MASK]".repeat(5000))).toHaveLength(256);
});

test("a text that just fits is whole", () => {
  expect(tokenizer.encode("word ".repeat(254))).toHaveLength(256);
  expect(tokenizer.countTokens("word ".repeat(254))).toBe(254);
  expect(tokenizer.encode("word ".repeat(253))).toHaveLength(255);
});

test("a word past 100 letters is one unknown token, and one of 100 is not", () => {
  expect(tokenizer.encode("a".repeat(101))).toEqual([101, 100, 102]);
  expect(tokenizer.encode("a".repeat(100))).not.toContain(100);
  expect(tokenizer.encode("𐐀".repeat(101))).toEqual([101, 100, 102]);
});

test("half a surrogate pair is dropped", () => {
  expect(tokenizer.encode("a\ud83db")).toEqual(tokenizer.encode("ab"));
});

test("marks on one letter are put in their order before they are read", () => {
  expect(tokenizer.encode("e\u0301\u0323")).toEqual(tokenizer.encode("e\u0323\u0301"));
  expect(tokenizer.encode("\u{1d16d}\u{1d165}x")).toEqual(tokenizer.encode("\u{1d165}\u{1d16d}x"));
});

test("a text counts as many tokens as it has spans and ids, cached or not", () => {
  const fresh = WordPieceTokenizer.parse(file, 4096);
  const warm = WordPieceTokenizer.parse(file, 4096);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const spans = warm.spans(text);
      expect(warm.countTokens(text)).toBe(spans.length);
      expect(fresh.encode(text).slice(1, -1)).toEqual(spans.map(({ id }) => id));
      expect(warm.spans(text)).toEqual(spans);
      for (const { start, end } of spans) expect(0 <= start && start < end).toBe(true);
    }),
  );
});

test("spaces between two texts keep their tokens apart", () => {
  const text = fc.string({ unit: "binary", maxLength: 30 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const parts = [a, b].flatMap((part) => tokenizer.encode(part).slice(1, -1));
      expect(tokenizer.encode(`${a} ${b}`).slice(1, -1)).toEqual(parts);
    }),
  );
});

test("a cased, cutting or padding tokenizer is refused", () => {
  const changed = (from: string, to: string): (() => unknown) => {
    expect(file).toContain(from);
    return () => WordPieceTokenizer.parse(file.replace(from, to), 256);
  };

  expect(changed('"lowercase":true', '"lowercase":false')).toThrow("uncased");
  expect(changed('"truncation":null', '"truncation":{"max_length":128}')).toThrow("truncation");
  expect(changed('"padding":null', '"padding":{"strategy":{"Fixed":128}}')).toThrow("padding");
  expect(changed('"type":"WordPiece","unk', '"type":"BPE","unk')).toThrow("WordPiece");
  expect(changed('"[SEP]":102', '"[SEB]":102')).toThrow("[SEP]");
});

function equal(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

function unitsOfCodePoints(text: string): readonly number[] {
  let at = 0;
  return [0, ...Array.from(text, (character) => (at += character.length))];
}
