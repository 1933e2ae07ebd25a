import { aSource, MemoryEventLog, VirtualClock } from "@tidemark/testing";
import { decodeMutation, documentId, encodeHint, sourceName, type Hint } from "@tidemark/domain";
import { hintsTopic, mutationsTopic } from "../topics.ts";
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

test.each<[Hint["expects"], Hint["reason"], number]>([
  ["absent", "change", 0],
  ["absent", "reconcile", 0],
  ["policy", "change", 0],
  ["present", "change", 1],
  ["unknown", "repair", 1],
  ["present", "reconcile", 2],
  ["present", "snapshot", 3],
])("what is told as %s, for a %s, goes at level %i", (expects, reason, level) => {
  const sources = new Map();
  const stage = resolveStage({
    log: new MemoryEventLog({ clock }),
    sources,
    clock,
    blocked: () => {},
  });
  const hint: Hint = {
    source: aSource,
    documentId: documentId(aSource, "a.md"),
    epoch: 1,
    expects,
    reason,
    sourceTimeMs: null,
    observedAtMs: nowMs,
    trace: null,
  };

  expect(stage.urgencyOf({ hint, offset: 0 })).toBe(level);
});

test.each([
  ["the source's own time where nobody told", null, 7, 7],
  ["when it was told to have changed, where only tags did", 9, 7, 9],
  ["the newer of the two, where it was written again since", 5, 7, 7],
  ["when it was told, where the source does not say", 9, null, 9],
])("a mutation's time is %s", async (_name, told, known, expected) => {
  const log = new MemoryEventLog({ clock });
  const id = documentId(aSource, "a.md");
  const state = {
    kind: "found" as const,
    body: null,
    tenant: "*",
    permissions: { kind: "public" as const },
    archived: false,
    metadata: {},
    sourceDigest: "1",
    sourceTimeMs: known,
  };
  const source = { read: async () => state, list: () => (async function* () {})() };
  const sources = new Map([[aSource, source]]);
  const stage = resolveStage({ log, sources, clock, blocked: () => {} });
  const hint: Hint = {
    source: aSource,
    documentId: id,
    epoch: 1,
    expects: "unknown",
    reason: "change",
    sourceTimeMs: told,
    observedAtMs: nowMs,
    trace: null,
  };
  const items = [{ hint, offset: 0 }];

  await stage.handle([{ key: id, items }], {
    progressFor: () => [],
    signal: new AbortController().signal,
    proves: () => {},
  });

  const values = await Promise.all(
    (await log.ranges(mutationsTopic)).map(({ begin, end, partition }) =>
      log.read(mutationsTopic, partition, { from: begin, to: end, recordsMax: 10 }),
    ),
  );
  const [record] = values.flat();
  expect(decodeMutation(record?.value ?? "", 0)).toMatchObject({ sourceTimeMs: expected });
});

test("hints of different sources wait for nothing of one another", () => {
  const stage = resolveStage({
    log: new MemoryEventLog({ clock }),
    sources: new Map(),
    clock,
    blocked: () => {},
  });
  const laneOf = (source: string) =>
    stage.laneOf?.({
      hint: {
        source: sourceName(source),
        documentId: documentId(sourceName(source), "a.md"),
        epoch: 1,
        expects: "absent",
        reason: "change",
        sourceTimeMs: null,
        observedAtMs: nowMs,
        trace: null,
      },
      offset: 0,
    });

  expect(laneOf("bucket")).not.toBe(laneOf("files"));
  expect(laneOf("bucket")).toBe(laneOf("bucket"));
});
