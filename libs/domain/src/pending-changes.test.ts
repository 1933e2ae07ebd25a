import { aDelete, aFacet, aManifest, aMutation, anId, aSource, atMs } from "@tidemark/testing";
import { PendingChanges, type ChangeKind } from "./pending-changes.ts";

import { noChunks, type Receipt } from "./receipt.ts";
import type { Hint } from "./hint.ts";

const place = { partition: 0, offset: 4 };
const targets: Readonly<Record<ChangeKind, number>> = { change: 60_000, restriction: 5_000 };

function pendingChanges(options: { changesMax?: number; decidedToMs?: number } = {}) {
  return new PendingChanges({
    changesMax: 1_000,
    decidedToMs: 0,
    withinMs: ({ kind }) => targets[kind],
    ...options,
  });
}

function aHint(hint: Partial<Hint> = {}): Hint {
  return {
    source: aSource,
    documentId: anId(),
    epoch: 1,
    expects: "present",
    reason: "change",
    sourceTimeMs: null,
    observedAtMs: atMs,
    trace: null,
    ...hint,
  };
}

function aReceipt(receipt: Partial<Receipt> = {}): Receipt {
  return {
    documentId: anId(),
    source: aSource,
    tenant: "*",
    generation: "g1",
    stage: "upserter",
    outcome: "indexed",
    reason: "change",
    revision: { epoch: 1, position: 1 },
    change: "content",
    sourceTimeMs: atMs,
    observedAtMs: atMs,
    atMs,
    timings: {},
    chunks: noChunks,
    tokens: 0,
    tokensSaved: 0,
    cost: 0,
    trace: null,
    ...receipt,
  };
}

/** Late ones among what is due, with an index that knows nothing of them. */
function lateAt(pending: PendingChanges, nowMs: number) {
  return pending.due(nowMs, 100).flatMap((each) => pending.examined(each, undefined, nowMs));
}

test("a change is late once, the moment its target passes, and not again when it is done", () => {
  const pending = pendingChanges();
  pending.mutated(aMutation({ revision: 1 }), place, atMs);

  expect(lateAt(pending, atMs + 60_000)).toEqual([]);
  expect(lateAt(pending, atMs + 60_001)).toMatchObject([{ kind: "change", outcome: "late" }]);
  expect(lateAt(pending, atMs + 90_000)).toEqual([]);
  expect(pending.received(aReceipt({ atMs: atMs + 95_000 }))).toEqual([]);
  expect(pending.count).toBe(0);
});

test("a change that is found in time is counted once, from its hint on", () => {
  const pending = pendingChanges();
  pending.hinted(aHint(), 4, atMs);
  expect([...pending.list()]).toMatchObject([{ stage: "observe" }]);
  const observedAtMs = atMs + 1_000;
  pending.mutated({ ...aMutation({ revision: 5 }), observedAtMs, sourceTimeMs: null }, place, atMs);
  expect([...pending.list()]).toMatchObject([{ stage: "queue" }]);
  pending.chunkedTo(new Map([[0, 5]]));
  expect([...pending.list()]).toMatchObject([{ stage: "embed" }]);

  const decided = pending.received(
    aReceipt({ revision: { epoch: 1, position: 5 }, atMs: atMs + 3_000 }),
  );

  expect(decided).toMatchObject([{ outcome: "good", lagMs: 3_000 }]);
});

test("changes that one revision answers are each decided by their own age", () => {
  const pending = pendingChanges();
  pending.mutated(aMutation({ revision: 1 }), place, atMs);
  const later = { observedAtMs: atMs + 50_000, sourceTimeMs: null };
  pending.mutated(
    { ...aMutation({ text: "the tide goes out", revision: 2 }), ...later },
    place,
    atMs + 50_000,
  );

  const decided = pending.received(
    aReceipt({ revision: { epoch: 1, position: 2 }, atMs: atMs + 65_000 }),
  );

  expect(decided.map(({ outcome }) => outcome)).toEqual(["late", "good"]);
});

test.each(["snapshot", "replay", "repair"] as const)("nobody waits for a %s", (reason) => {
  const pending = pendingChanges();
  pending.hinted(aHint({ reason }), 0, atMs);
  pending.mutated(aMutation({ reason }), place, atMs);

  expect(pending.count).toBe(0);
  expect(pending.received(aReceipt({ reason, atMs: atMs + 1e9 }))).toEqual([]);
});

test("a delete is late after the seconds of a restriction", () => {
  const pending = pendingChanges();
  pending.mutated(aDelete(), place, atMs);

  expect(lateAt(pending, atMs + 5_001)).toMatchObject([{ kind: "restriction", outcome: "late" }]);
});

test("a change of permissions in the source is one as soon as the index shows its content unchanged", () => {
  const pending = pendingChanges();
  const narrowed = aMutation({ revision: 2 });
  pending.mutated(narrowed, place, atMs);
  const [due] = pending.due(atMs + 5_001, 10);
  if (!due) throw new Error("nothing is due");
  const { contentHash } = due;
  const manifest = aManifest({ revision: 1, indexed: { contentHash: contentHash ?? "" } });

  expect(pending.examined(due, manifest, atMs + 5_001)).toMatchObject([
    { kind: "restriction", outcome: "late" },
  ]);
});

test("a receipt that was lost is made up for by the index", () => {
  const pending = pendingChanges();
  pending.mutated(aMutation({ revision: 1 }), place, atMs);
  const [due] = pending.due(atMs + 6_000, 10);
  if (!due) throw new Error("nothing is due");

  const decided = pending.examined(due, aManifest({ revision: 1 }), atMs + 6_000);

  expect(decided).toMatchObject([{ outcome: "good" }]);
  expect(pending.count).toBe(0);
});

test("content that was put before a part was replaced is still on its way", () => {
  const pending = pendingChanges();
  pending.mutated(aMutation({ revision: 1 }), place, atMs);
  pending.mutated(aFacet({ facet: "metadata", metadata: {} }, { revision: 2 }), place, atMs);
  const hidden = { outcome: "hidden", reason: "metadata", change: "restriction" } as const;

  const decided = pending.received(aReceipt({ ...hidden, revision: { epoch: 1, position: 2 } }));

  expect(decided).toMatchObject([{ kind: "restriction" }]);
  expect([...pending.list()]).toMatchObject([{ kind: "change" }]);
});

test("what was late before a restart is not late again", () => {
  const pending = pendingChanges({ decidedToMs: atMs + 70_000 });
  pending.mutated(aMutation({ revision: 1 }), place, atMs);

  expect(lateAt(pending, atMs + 80_000)).toEqual([]);
  expect([...pending.list()]).toMatchObject([{ isLate: true }]);
  expect(pending.received(aReceipt({ atMs: atMs + 90_000 }))).toEqual([]);
});

test("past its bound it keeps nothing, and decides when the receipt comes", () => {
  const pending = pendingChanges({ changesMax: 1 });
  pending.mutated(aMutation({ revision: 1 }), place, atMs);
  const documentId = anId("other.md");
  pending.mutated(aMutation({ revision: 1, documentId }), place, atMs);

  expect(pending).toMatchObject({ count: 1, leftOut: 1 });
  const late = aReceipt({ documentId, atMs: atMs + 61_000 });
  expect(pending.received(late)).toMatchObject([{ outcome: "late", lagMs: 61_000 }]);
});

test("a source whose clock is ahead does not wait for longer than it may", () => {
  const pending = pendingChanges();
  const ahead = { sourceTimeMs: atMs + 600_000, observedAtMs: atMs + 600_000 };
  pending.mutated({ ...aMutation(), ...ahead }, place, atMs);

  expect(lateAt(pending, atMs + 61_000)).toHaveLength(1);
});

test("a state that a watch and a listing both tell of is one change, whichever is done first", () => {
  const pending = pendingChanges();
  const state = { sourceDigest: "1" };
  pending.mutated(aMutation({ ...state, revision: 1 }), place, atMs);
  pending.mutated(aMutation({ ...state, revision: 2, reason: "reconcile" }), place, atMs);
  const revision = (position: number) => ({ revision: { epoch: 1, position } });

  const told = [
    ...pending.received(aReceipt(revision(1))),
    ...pending.received(aReceipt({ ...revision(2), outcome: "unchanged" })),
  ];

  expect(told).toMatchObject([{ kind: "change", outcome: "good" }]);
  expect(pending.count).toBe(0);
});

test("one told again when the first was done is no restriction either", () => {
  const pending = pendingChanges();
  const state = { sourceDigest: "1" };
  const revision = (position: number) => ({ revision: { epoch: 1, position } });
  pending.mutated(aMutation({ ...state, revision: 1 }), place, atMs);
  pending.received(aReceipt(revision(1)));
  pending.mutated(aMutation({ ...state, revision: 2 }), place, atMs);

  const unchanged = { outcome: "unchanged", change: "restriction", stage: "restrictor" } as const;
  expect(pending.received(aReceipt({ ...revision(2), ...unchanged }))).toEqual([]);
  expect(pending.count).toBe(0);
});

test.each([
  ["other content", { body: null, sourceDigest: "2" }],
  ["other metadata", { metadata: { shelf: 2 } }],
  ["the same content for other readers", { permissions: { kind: "only", principals: [] } }],
  ["the same state a long time after", { observedAtMs: atMs + 61_000 }],
] as const)("%s is another change", (_, other) => {
  const pending = pendingChanges();
  const state = { sourceDigest: "1" };
  pending.mutated(aMutation({ ...state, revision: 1 }), place, atMs);

  pending.mutated({ ...aMutation({ ...state, revision: 2 }), ...other }, place, atMs + 61_000);

  expect(pending.count).toBe(2);
});

test("what is restricted first and then found unchanged is decided once", () => {
  const pending = pendingChanges();
  pending.mutated(aMutation({ revision: 1 }), place, atMs);
  const restricted = { stage: "restrictor", outcome: "unchanged", change: "restriction" } as const;

  const told = [
    ...pending.received(aReceipt(restricted)),
    ...pending.received(aReceipt({ outcome: "unchanged" })),
  ];

  expect(told).toMatchObject([{ kind: "restriction", outcome: "good" }]);
});

test("a file that was deleted and put back is another change", () => {
  const pending = pendingChanges();
  const state = { sourceDigest: "1" };
  pending.mutated(aMutation({ ...state, revision: 1 }), place, atMs);
  pending.mutated(aDelete({ revision: 2 }), place, atMs);

  pending.mutated(aMutation({ ...state, revision: 3 }), place, atMs);

  expect(pending.count).toBe(3);
});
