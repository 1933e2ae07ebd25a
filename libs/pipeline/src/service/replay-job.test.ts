import type { GenerationId } from "@tidemark/domain";
import { changedReplay, leftMsOf, shareOf, type ReplayJob } from "./replay-job.ts";

function aJob(parts: Partial<ReplayJob> = {}): ReplayJob {
  return {
    id: "r1",
    source: null,
    document: null,
    sinceMs: null,
    force: false,
    generation: "g1" as GenerationId,
    log: "mutations 1/2",
    ends: { 0: 100, 1: 300 },
    documents: null,
    state: "running",
    perSecond: null,
    createdAtMs: 0,
    endedAtMs: null,
    paced: { sinceMs: 0, share: 0 },
    ...parts,
  };
}

const ranges = [
  { partition: 0, begin: 0, end: 400 },
  { partition: 1, begin: 0, end: 300 },
];

test.each<[what: string, acknowledged: readonly (readonly [number, number])[], share: number]>([
  ["nothing", [], 0],
  ["half of one partition", [[0, 50]], 0.125],
  [
    "more than the range",
    [
      [0, 400],
      [1, 300],
    ],
    1,
  ],
])("of %s acknowledged the share is told", (_what, acknowledged, share) => {
  expect(shareOf(aJob(), ranges, new Map(acknowledged))).toBe(share);
});

test("what retention took is no part of the range, and a range of nothing is done", () => {
  const trimmed = [
    { partition: 0, begin: 50, end: 400 },
    { partition: 1, begin: 300, end: 300 },
  ];

  expect(shareOf(aJob(), trimmed, new Map([[0, 75]]))).toBe(0.5);
  expect(shareOf(aJob({ ends: {} }), ranges, new Map())).toBe(1);
});

test("the time left is told from the pace since it was begun, resumed or changed", () => {
  const resumed = { sinceMs: 60_000, share: 0.5 };

  expect(leftMsOf(aJob(), 0.25, 10_000)).toBe(30_000);
  expect(leftMsOf(aJob({ paced: resumed }), 0.75, 70_000)).toBe(10_000);
});

test("no time is told before there is a pace, or while nothing moves", () => {
  expect(leftMsOf(aJob(), 0.25, 500)).toBeNull();
  expect(leftMsOf(aJob(), 0.001, 60_000)).toBeNull();
  expect(leftMsOf(aJob({ state: "paused" }), 0.25, 10_000)).toBeNull();
});

const now = { nowMs: 9_000, share: 0.4 };

test("a job is paused, resumed, cancelled and sped up, and its pace begins anew", () => {
  const paused = changedReplay(aJob(), { state: "paused" }, now);
  const faster = changedReplay(paused, { perSecond: 5 }, now);
  const resumed = changedReplay(faster, { state: "running", perSecond: null }, now);
  const cancelled = changedReplay(paused, { state: "cancelled" }, now);

  const paced = { sinceMs: 9_000, share: 0.4 };
  expect(paused).toMatchObject({ state: "paused", perSecond: null, endedAtMs: null, paced });
  expect(faster).toMatchObject({ state: "paused", perSecond: 5 });
  expect(resumed).toMatchObject({ state: "running", perSecond: null });
  expect(cancelled).toMatchObject({ state: "cancelled", endedAtMs: 9_000 });
});

test.each(["done", "cancelled"] as const)("a job that is %s cannot be changed", (state) => {
  const over = aJob({ state, endedAtMs: 5_000 });

  expect(() => changedReplay(over, { state: "running" }, now)).toThrow(
    expect.objectContaining({ status: 409, code: "replay-ended" }),
  );
});
