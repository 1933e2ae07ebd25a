import { anId, aSource, atMs } from "@tidemark/testing";
import { decodeHint, encodeHint, type Hint } from "./hint.ts";

const hint: Hint = {
  source: aSource,
  documentId: anId(),
  epoch: 3,
  expects: "absent",
  reason: "change",
  sourceTimeMs: null,
  observedAtMs: atMs,
  trace: null,
};

test("a hint is read as it was written", () => {
  expect(decodeHint(encodeHint(hint))).toEqual(hint);
});

test.each(["{", "null", "{}", JSON.stringify({ v: 2, ...hint })])(
  "%j is no hint, and says why",
  (value) => {
    expect(decodeHint(value)).toEqual({ problem: expect.any(String) as string });
  },
);
