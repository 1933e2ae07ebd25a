import type { Point } from "@tidemark/domain";
import { failureOf, samePoints } from "./judge.ts";

const passed = { damaged: ["files/a", "app/b"], found: ["app/b", "files/a"], changed: [] };

test.each([
  ["what was damaged was found and mended", { ...passed, ending: "done" }, null],
  [
    "a damage that was not found",
    { ...passed, found: ["app/b"], ending: "done" },
    "it did not find files/a",
  ],
  [
    "a document that nobody had damaged",
    { ...passed, found: ["app/b", "files/a", "files/c"], ending: "done" },
    "it found what nobody had damaged: files/c",
  ],
  [
    "an ending before all was mended",
    { ...passed, ending: "escalated" },
    "it ended with escalated",
  ],
  [
    "points that are other than they were",
    { ...passed, ending: "done", changed: ["app/b"] },
    "these are not what they were: app/b",
  ],
] as const)("a rehearsal is judged by %s", (_what, rehearsed, failure) => {
  expect(failureOf(rehearsed)).toBe(failure);
});

test("points are the same by id, text and vector, whatever order they come in", () => {
  const point = (id: string, text: string, vector: readonly number[]) =>
    ({ id, text, vector: Float32Array.from(vector) }) as unknown as Point;
  const one = point("1", "low water", [1, 0]);
  const two = point("2", "high water", [0, 1]);

  expect(samePoints([one, two], [two, one])).toBe(true);
  expect(samePoints([one, two], [one])).toBe(false);
  expect(samePoints([one], [{ ...one, text: "low" }])).toBe(false);
  expect(samePoints([one], [{ ...one, vector: Float32Array.from([0.9, 0.4]) }])).toBe(false);
});
