import { rehearsalStanding, rehearsedWithinMs, type Rehearsal } from "./rehearsal.ts";

const last: Rehearsal = {
  runbook: "stale-embeddings",
  outcome: "passed",
  reason: null,
  startedAtMs: 0,
  endedAtMs: 1_000,
  documents: 20,
  damaged: 4,
  steps: [],
};

test("a runbook is practised for a while after its last rehearsal has passed", () => {
  const nowMs = 1_000 + rehearsedWithinMs;
  const standings = [
    rehearsalStanding(null, nowMs),
    rehearsalStanding({ ...last, outcome: "failed" }, nowMs),
    rehearsalStanding(last, nowMs),
    rehearsalStanding(last, nowMs + 1),
  ];

  expect(standings).toEqual(["never", "failed", "practised", "old"]);
});
