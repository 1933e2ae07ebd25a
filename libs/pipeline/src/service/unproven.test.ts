import { areRestrictionsLate, type Standing } from "./unproven.ts";

const nowMs = 1_000_000;
const withinMs = 5_000;
const stalledMs = nowMs - 60_000;

const pushed = (completeUpToMs: number | null): Standing => ({
  isListed: false,
  completeUpToMs,
  observedUpToMs: nowMs,
});
const listed = (completeUpToMs: number | null, observedUpToMs: number | null): Standing => ({
  isListed: true,
  completeUpToMs,
  observedUpToMs,
});

test.each([
  ["all that was applied came in time", { lagMs: 200, restricted: [pushed(nowMs - 1_500)] }, false],
  ["what was applied came late", { lagMs: 6_000, restricted: [] }, true],
  [
    "a stalled restrictor has applied nothing",
    { lagMs: null, restricted: [pushed(stalledMs)] },
    true,
  ],
  [
    "one source of several is stalled",
    { lagMs: 1, restricted: [pushed(nowMs), pushed(stalledMs)] },
    true,
  ],
  [
    "a scan long ago has passed",
    { lagMs: null, restricted: [listed(stalledMs, stalledMs)] },
    false,
  ],
  [
    "what a scan found has not passed for long",
    { lagMs: null, restricted: [listed(0, stalledMs)] },
    true,
  ],
  [
    "what a scan found is on its way",
    { lagMs: null, restricted: [listed(0, nowMs - 2_000)] },
    false,
  ],
  ["nothing has passed yet, as at a start", { lagMs: null, restricted: [pushed(null)] }, false],
] as const)("restrictions when %s", (_when, found, expected) => {
  expect(areRestrictionsLate({ ...found, withinMs, nowMs })).toBe(expected);
});
