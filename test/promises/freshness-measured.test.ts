/** Promise 7: freshness is measured where the user stands, and what is late is late at once. */
import { noChunks, PendingChanges, type Decision, type Receipt } from "@tidemark/domain";
import { aManifest, aMutation, anId, aSource, atMs } from "@tidemark/testing";

const withinMs = 60_000;
const place = { partition: 0, offset: 0 };
const lateMs = atMs + withinMs + 1;

function pendingChanges(decidedToMs = 0): PendingChanges {
  return new PendingChanges({ changesMax: 10, withinMs: () => withinMs, decidedToMs });
}

function whatIsDue(pending: PendingChanges, nowMs: number): readonly Decision[] {
  return pending.due(nowMs, 10).flatMap((each) => pending.examined(each, undefined, nowMs));
}

function found(foundAtMs: number): Receipt {
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
    atMs: foundAtMs,
    timings: {},
    chunks: noChunks,
    tokens: 0,
    tokensSaved: 0,
    cost: 0,
    trace: null,
  };
}

test("a change is late the moment its target passes, though nobody has found it yet", () => {
  const pending = pendingChanges();
  pending.mutated(aMutation(), place, atMs);

  expect(whatIsDue(pending, lateMs)).toMatchObject([{ outcome: "late", atMs: lateMs }]);
});

test("a change that was late is not counted again when it is found", () => {
  const pending = pendingChanges();
  pending.mutated(aMutation(), place, atMs);
  const due = whatIsDue(pending, lateMs);

  const decided = [...due, ...pending.received(found(lateMs + 1_000))];

  expect(decided.map(({ outcome }) => outcome)).toEqual(["late"]);
});

test("what a replay states again is no change that could be late", () => {
  const pending = pendingChanges();
  pending.mutated(aMutation({ reason: "replay" }), place, atMs);

  expect(whatIsDue(pending, lateMs)).toEqual([]);
});

test("what was late before whoever counts was restarted is not late again", () => {
  const pending = pendingChanges(lateMs);
  pending.mutated(aMutation(), place, atMs);

  expect(whatIsDue(pending, lateMs + 1)).toEqual([]);
});

test("a receipt that was lost makes nothing late that the index has", () => {
  const pending = pendingChanges();
  pending.mutated(aMutation(), place, atMs);
  const [due] = pending.due(lateMs, 10);
  if (!due) throw new Error("nothing is due");

  const decided = pending.examined(due, aManifest(), lateMs);

  expect(decided).toMatchObject([{ outcome: "good" }]);
});
