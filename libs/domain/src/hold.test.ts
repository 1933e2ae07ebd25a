import * as fc from "fast-check";
import { decideHold } from "./hold.ts";

const limits = { above: 10, share: 0.1 };

test.each([
  ["the root cannot be listed", { listable: false, inferred: 0, known: 5 }, "hold"],
  [
    "the root cannot be listed, though confirmed",
    { listable: false, inferred: 1, known: 5, confirmed: 9 },
    "hold",
  ],
  ["none are inferred", { inferred: 0, known: 0 }, "apply"],
  ["ten of ten are", { inferred: 10, known: 10 }, "apply"],
  ["eleven of eleven are", { inferred: 11, known: 11 }, "hold"],
  ["a tenth is", { inferred: 100, known: 1_000 }, "apply"],
  ["more than a tenth is", { inferred: 101, known: 1_000 }, "hold"],
  [
    "many are, and as many were confirmed",
    { inferred: 101, known: 1_000, confirmed: 101 },
    "apply",
  ],
  ["many are, and fewer were confirmed", { inferred: 102, known: 1_000, confirmed: 101 }, "hold"],
] as const)("deletes when %s", (_, input, outcome) => {
  const decision = decideHold({ listable: true, confirmed: null, limits, ...input });

  expect(decision.kind).toBe(outcome);
});

test("fewer deletes are never held where more are applied", () => {
  fc.assert(
    fc.property(
      fc.nat(500),
      fc.nat(500),
      fc.nat(500),
      fc.option(fc.nat(500)),
      (a, b, known, confirmed) => {
        const [fewer, more] = a < b ? [a, b] : [b, a];
        const decide = (inferred: number) =>
          decideHold({ listable: true, inferred, known, limits, confirmed }).kind;

        if (decide(more) === "apply") expect(decide(fewer)).toBe("apply");
      },
    ),
  );
});
