import { encodeMutation, encodeReceipt, type Decision } from "@tidemark/domain";
import {
  aDraft,
  aGeneration,
  aManifest,
  aMutation,
  aSource,
  atMs,
  MemoryEventLog,
  MemoryVectorIndex,
  VirtualClock,
} from "@tidemark/testing";
import { receiptFor } from "../receipts.ts";
import { mutationsTopic, receiptsTopic } from "../topics.ts";
import { FreshnessBoard } from "./freshness-board.ts";
import { FreshnessWatch } from "./freshness-watch.ts";

const overMs = 3_600_000;
const pair = {
  change: { share: 0.99, withinMs: 60_000, overMs },
  restriction: { share: 0.999, withinMs: 5_000, overMs },
};
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A log that outlives whoever counts. */
async function aWorld() {
  const clock = new VirtualClock(atMs);
  const log = new MemoryEventLog({ clock });
  const index = new MemoryVectorIndex();
  await index.ensureGeneration(aGeneration, 3);
  const decided: Decision[] = [];
  const watchFor = async (
    ms: number,
    {
      tenants = [],
      meanwhile,
    }: { readonly tenants?: readonly string[]; readonly meanwhile?: () => Promise<unknown> } = {},
  ) => {
    const board = new FreshnessBoard(clock, { isShared: false });
    const watch = new FreshnessWatch({
      log,
      index,
      clock,
      logger: silent,
      generation: () => aGeneration,
      sources: [{ name: aSource, isStreamed: false }],
      objectives: { of: () => pair, tenants: () => tenants },
      windowOf: () => ({ waitMs: 0, documentsMax: 1 }),
      board,
      decided: (decision) => decided.push(decision),
      ages: () => null,
      troubles: () => ({}),
      probeOf: () => null,
    });
    const stop = new AbortController();
    const running = watch.run(stop.signal);
    await clock.advance(ms);
    if (meanwhile) {
      await meanwhile();
      await clock.advance(2_000);
    }
    stop.abort();
    await clock.advance(1_000);
    await running;
    const told = board.source(aSource);
    if (!told) throw new Error("nothing was told");
    return told;
  };
  const mutate = (revision: number, tenant = "*", reason: "change" | "snapshot" = "change") =>
    log.append(mutationsTopic, [
      {
        key: "files/guide.md",
        value: encodeMutation({
          ...aDraft({ revision, tenant }),
          reason,
          observedAtMs: clock.nowMs(),
          sourceTimeMs: null,
        }),
      },
    ]);
  const receive = (revision: number) =>
    log.append(receiptsTopic, [
      {
        key: "files/guide.md",
        value: encodeReceipt(
          receiptFor(
            { ...aMutation({ revision }), observedAtMs: atMs, sourceTimeMs: null },
            { generation: aGeneration, stage: "upserter", outcome: "indexed", atMs: clock.nowMs() },
          ),
        ),
      },
    ]);
  const apply = async (revision: number) => {
    const commit = { manifest: aManifest({ revision }), tokenRead: null, put: [], sweep: null };
    await index.commit(aGeneration, [commit], []);
    await receive(revision);
  };
  return { apply, clock, decided, mutate, watchFor };
}

test("a change burns the budget when its target passes, and is told until it is done", async () => {
  const { apply, decided, mutate, watchFor } = await aWorld();
  await mutate(1);

  const before = await watchFor(55_000);
  const after = await watchFor(20_000);
  await apply(1);
  const done = await watchFor(1_000);

  expect(before).toMatchObject({ pending: 1, late: 0, oldest: { waitsFor: "chunker" } });
  expect(after).toMatchObject({ pending: 1, late: 1 });
  expect(done).toMatchObject({ pending: 0, late: 0, oldest: null });
  expect(decided).toMatchObject([{ outcome: "late" }]);
});

test("whoever counts may be ended at any time: nothing is forgotten and nothing counted twice", async () => {
  const { apply, clock, mutate, watchFor } = await aWorld();
  await mutate(1);
  await watchFor(11_000);
  await apply(1);
  await watchFor(11_000);
  await clock.advance(30_000);

  const told = await watchFor(61_000);
  const again = await watchFor(1_000);

  const [change] = told.objectives;
  expect(change).toMatchObject({ kind: "change", good: 1, late: 0 });
  expect(again.objectives[0]).toMatchObject({ good: 1, late: 0 });
});

test("a tenant waits for changes of its own, of every tenant's and of nobody knows whose", async () => {
  const { mutate, watchFor } = await aWorld();
  await mutate(1, "acme");

  const { followed, objectives } = await watchFor(5_000, { tenants: ["acme", "beta"] });
  await mutate(2, "*");
  const both = await watchFor(5_000, { tenants: ["acme", "beta"] });

  expect(followed.waiting).toEqual([
    { tenant: "acme", sinceMs: atMs },
    { tenant: "beta", sinceMs: null },
  ]);
  expect(objectives.some(({ tenant }) => tenant === "beta")).toBe(true);
  expect(both.followed.waiting[1]?.sinceMs).toBeGreaterThan(atMs);
});

test.each([
  ["snapshot", true],
  ["change", false],
] as const)("what is stated by %s is not followed: %s", async (reason, isUnfollowed) => {
  const { clock, mutate, watchFor } = await aWorld();
  let statedAtMs = Number.NaN;
  const meanwhile = async () => {
    statedAtMs = clock.nowMs();
    await mutate(1, "acme", reason);
  };

  const { followed } = await watchFor(60_000, { meanwhile });

  expect(followed.unfollowedAtMs >= statedAtMs).toBe(isUnfollowed);
  expect(followed.toMs).toBeGreaterThan(statedAtMs);
});
