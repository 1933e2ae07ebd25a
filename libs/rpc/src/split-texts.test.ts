import * as fc from "fast-check";
import { splitTexts } from "./split-texts.ts";

const bounds = { textsMax: 3, bytesMax: 20, tokensMax: 1000 };

test("a request within the bounds is sent whole", () => {
  expect(splitTexts(["a", "b", "c"], bounds, 64)).toEqual([["a", "b", "c"]]);
  expect(splitTexts([], bounds, 64)).toEqual([]);
});

test.each([
  ["texts", { ...bounds, textsMax: 2 }, 64],
  ["bytes, of which an umlaut has two", { ...bounds, bytesMax: 8 }, 64],
  ["tokens, as many as the texts can have", { ...bounds, tokensMax: 10 }, 5],
])("a bound of %s splits", (_, tight, tokensPerText) => {
  expect(splitTexts(["äö12", "34", "56789"], tight, tokensPerText)).toEqual([
    ["äö12", "34"],
    ["56789"],
  ]);
});

test("a text above the bound stands alone", () => {
  const long = "x".repeat(50);

  expect(splitTexts(["a", long, "b"], bounds, 64)).toEqual([["a"], [long], ["b"]]);
});

test("the parts put together are the texts, and no part of several exceeds a bound", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 12, unit: "grapheme" })),
      fc.record({
        textsMax: fc.integer({ min: 1, max: 5 }),
        bytesMax: fc.integer({ min: 1, max: 40 }),
        tokensMax: fc.integer({ min: 1, max: 40 }),
      }),
      (texts, tight) => {
        const parts = splitTexts(texts, tight, 8);

        expect(parts.flat()).toEqual(texts);
        for (const part of parts.filter(({ length }) => length > 1)) {
          expect(part.length).toBeLessThanOrEqual(tight.textsMax);
          expect(Buffer.byteLength(part.join(""))).toBeLessThanOrEqual(tight.bytesMax);
        }
      },
    ),
  );
});
