import { noChunks, type Receipt } from "@tidemark/domain";
import { aSource, atMs } from "@tidemark/testing";
import { FreshnessLedger, type SourcePicture } from "./freshness-ledger.ts";

const objective = { share: 0.99, withinMs: 60_000 };
const ledger = () => new FreshnessLedger(() => ({ change: objective, restriction: objective }));

function aPicture(parts: Partial<SourcePicture> = {}): SourcePicture {
  return {
    source: aSource,
    kind: "folder",
    told: null,
    isCounted: true,
    counts: null,
    held: 0,
    blocked: 0,
    completeUpToMs: atMs,
    heardUpToMs: null,
    observedUpToMs: atMs,
    unprovenSinceMs: null,
    isInTrouble: false,
    ...parts,
  };
}

const aToldSource: NonNullable<SourcePicture["told"]> = {
  source: aSource,
  pending: 1,
  late: 0,
  restrictionsLate: 0,
  oldest: null,
  stages: { observe: 0, queue: 0, chunk: 0, embed: 1, write: 0, visible: 0 },
  tenants: [],
  objectives: [],
  followed: { toMs: 0, unfollowedAtMs: 0, waiting: [] },
  embeddingAge: null,
  probe: null,
};

const hourMs = 3_600_000;

test.each([
  ["all that was observed is applied, however long ago", {}, "met"],
  [
    "what was observed is not proven for longer than the objective",
    { unprovenSinceMs: atMs },
    "unknown",
  ],
  ["the source cannot be listed", { isInTrouble: true }, "unknown"],
  ["a document of it cannot be read", { blocked: 1 }, "unknown"],
  ["nothing was ever proven", { completeUpToMs: null }, "unknown"],
] as const)("the verdict when %s", (_when, parts, verdict) => {
  expect(ledger().describe(aPicture(parts), atMs + hourMs).verdict).toBe(verdict);
});

test("what was observed a moment ago may still be on its way", () => {
  const picture = aPicture({ unprovenSinceMs: atMs });

  expect(ledger().describe(picture, atMs + 1_000).verdict).toBe("met");
});

test.each([
  ["change", 90_000],
  ["reconcile", 90_000],
  ["snapshot", 1_000],
])(
  "a document that came by %s is measured from when it is known to have changed",
  (reason, lagMs) => {
    const receipt: Receipt = {
      documentId: `${aSource}/a.md`,
      source: aSource,
      tenant: "*",
      generation: "g1",
      stage: "upserter",
      outcome: "indexed",
      reason,
      revision: { epoch: 1, position: 1 },
      change: "content",
      sourceTimeMs: atMs - 90_000,
      observedAtMs: atMs - 1_000,
      atMs,
      timings: {},
      chunks: noChunks,
      tokens: 0,
      tokensSaved: 0,
      cost: 0,
      trace: null,
    };

    expect(ledger().note(receipt)?.lagMs).toBe(lagMs);
  },
);

test("a tenant of its own lag is not held back by the changes of others", () => {
  const told = {
    ...aToldSource,
    followed: {
      toMs: atMs + hourMs,
      unfollowedAtMs: atMs - hourMs,
      waiting: [
        { tenant: "acme", sinceMs: null },
        { tenant: "beta", sinceMs: atMs + 1_000 },
      ],
    },
  };
  const nowMs = atMs + hourMs + 500;

  const { lagMs, tenants } = ledger().describe(aPicture({ told, observedUpToMs: nowMs }), nowMs);

  expect(lagMs).toBe(hourMs + 500);
  expect(tenants).toEqual([
    { tenant: "acme", completeUpToMs: atMs + hourMs, lagMs: 500 },
    { tenant: "beta", completeUpToMs: atMs + 1_000, lagMs: hourMs - 500 },
  ]);
});
