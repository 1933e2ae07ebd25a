import * as fc from "fast-check";
import { suspiciousExtraction, suspiciousFromCharacters } from "./suspicious.ts";

test.each([
  ["10 characters where 40,000 stood", 40_000, 10, true],
  ["nothing where 40,000 stood", 40_000, 0, true],
  ["a hundredth of what stood", 40_000, 400, false],
  ["10 characters where little stood", suspiciousFromCharacters - 1, 10, false],
  ["the first text of a document", 0, 10, false],
] as const)("%s", (_, previousCharacters, charactersOut, suspicious) => {
  expect(suspiciousExtraction({ previousCharacters, charactersOut })).toBe(suspicious);
});

test("more text is never more suspicious", () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(1_000), fc.nat(1_000), (previousCharacters, a, b) => {
      const [less, more] = a < b ? [a, b] : [b, a];
      const of = (charactersOut: number) =>
        suspiciousExtraction({ previousCharacters, charactersOut });

      if (of(more)) expect(of(less)).toBe(true);
    }),
  );
});
