import { isLateNow, type SourceFreshness } from "./freshness-report.ts";

const counted = (late: number) => ({ late }) as SourceFreshness["pendingChanges"];

test.each([
  ["whose changes were late and are found since", "breached", counted(0), false],
  ["of which a change waits past its objective", "met", counted(1), true],
  ["that nobody counts, and that was late", "late", null, true],
  ["that nobody counts, and that was not", "met", null, false],
] as const)("a source %s is late now or is not", (_which, verdict, pendingChanges, expected) => {
  expect(isLateNow({ verdict, pendingChanges })).toBe(expected);
});
