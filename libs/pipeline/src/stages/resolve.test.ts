import { aSource, MemoryEventLog, VirtualClock } from "@tidemark/testing";
import { documentId, encodeHint, type Hint } from "@tidemark/domain";
import { hintsTopic } from "../topics.ts";
import { resolveStage } from "./resolve.ts";

const clock = new VirtualClock();
const nowMs = clock.nowMs();

function coalesced(hints: readonly Pick<Hint, "reason" | "observedAtMs">[]) {
  const stage = resolveStage({
    log: new MemoryEventLog({ clock }),
    sources: new Map(),
    clock,
    blocked: () => {},
  });
  const items = hints.flatMap((hint, offset) => {
    const id = documentId(aSource, "a.md");
    const value = encodeHint({
      source: aSource,
      documentId: id,
      epoch: 1,
      expects: "unknown",
      sourceTimeMs: null,
      trace: null,
      ...hint,
    });
    const record = { topic: hintsTopic, partition: 0, offset, key: id, value, appendedAtMs: nowMs };
    return stage.decode(record) ?? [];
  });
  return stage.coalesce?.(items);
}

test("hints of a document share one reading, and the demand of none is forgotten", () => {
  const items = coalesced([
    { reason: "change", observedAtMs: nowMs - 900 },
    { reason: "repair", observedAtMs: nowMs - 500 },
    { reason: "reconcile", observedAtMs: nowMs },
  ]);

  expect(items).toEqual([
    expect.objectContaining({
      offset: 2,
      hint: expect.objectContaining({ reason: "repair", observedAtMs: nowMs - 900 }),
    }),
  ]);
});

test("a change stays live when a scan asks for the document again", () => {
  const items = coalesced([
    { reason: "change", observedAtMs: nowMs },
    { reason: "snapshot", observedAtMs: nowMs },
  ]);

  expect(items).toEqual([
    expect.objectContaining({ hint: expect.objectContaining({ reason: "change" }) }),
  ]);
});
