import { sourceName } from "@tidemark/domain";
import { aGeneration, anId, VirtualClock } from "@tidemark/testing";
import { FreshnessBoard } from "./freshness-board.ts";
import { FreshnessLedger } from "./freshness-ledger.ts";
import { describePending } from "./pending-view.ts";
import { StateReports, type StateOptions } from "./state-reports.ts";

const files = sourceName("files");
const objective = { share: 0.99, withinMs: 60_000 };

test("once the log is away, it is what waits, whatever was told before", async () => {
  const clock = new VirtualClock();
  const freshness = new FreshnessBoard(clock, { isShared: true });
  const change = {
    documentId: anId("a.md"),
    source: files,
    tenant: "*",
    kind: "change",
    stage: "queue",
    beganAtMs: clock.nowMs(),
    revision: { epoch: 1, position: 1 },
    contentHash: null,
    isLate: false,
    isRecalled: false,
    place: { partition: 0, offset: 0 },
  } as const;
  const nowMs = clock.nowMs();
  const unknown = { unfollowedAtMs: nowMs, embeddingAge: null, probe: null };
  const around = { nowMs, windowMs: 0, troubles: {}, objectives: [], ...unknown };
  const told = describePending(files, [change], around);
  freshness.hear({ v: 1, atMs: clock.nowMs(), sources: [told] });
  let log: string | null = null;
  const source = { name: files, kind: "folder", line: null, observedUpToMs: () => null };
  const reports = new StateReports({
    clock,
    freshness,
    index: { counts: () => Promise.resolve([]) },
    ledger: new FreshnessLedger(() => ({ change: objective, restriction: objective })),
    generations: { active: { id: aGeneration }, line: () => null },
    sources: new Map([[files, source]]),
    troubles: () => ({ log }),
  } as unknown as StateOptions);
  const oldest = async () => (await reports.freshness()).sources[0]?.pendingChanges?.oldest;

  const before = await oldest();
  log = "it has not answered for 3 s";

  expect(before).toMatchObject({ waitsFor: "chunker", trouble: null });
  expect(await oldest()).toMatchObject({ waitsFor: "log", trouble: log });
});
