import { anId, aSource, atMs } from "@tidemark/testing";
import { decodeReceipt, encodeReceipt, noChunks, type Receipt } from "./receipt.ts";

const receipt: Receipt = {
  documentId: anId(),
  source: aSource,
  tenant: "*",
  generation: "g1",
  stage: "upserter",
  outcome: "indexed",
  reason: "change",
  revision: { epoch: 1, position: 4 },
  change: "content",
  sourceTimeMs: null,
  observedAtMs: atMs,
  atMs,
  timings: { embed: 12 },
  chunks: { ...noChunks, embedded: 2 },
  tokens: 40,
  tokensSaved: 0,
  cost: 0,
  trace: null,
};

test("a receipt is read as it was written", () => {
  expect(decodeReceipt(encodeReceipt(receipt))).toEqual(receipt);
});

test.each(["{", "{}", JSON.stringify({ v: 2, ...receipt })])("%j is no receipt", (value) => {
  expect(decodeReceipt(value)).toBeNull();
});
