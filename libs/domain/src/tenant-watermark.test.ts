import * as fc from "fast-check";
import { tenantCompleteTo, type TenantStanding } from "./tenant-watermark.ts";

const standing: TenantStanding = {
  completeUpToMs: 100,
  observedUpToMs: 900,
  waitingSinceMs: null,
  followedToMs: 800,
  unfollowedAtMs: 50,
};

test.each([
  ["unknown where that of the source is", { completeUpToMs: null }, null],
  ["the source's while it is unknown what was observed", { observedUpToMs: null }, 100],
  [
    "the source's while something may be the tenant's that is not followed",
    { unfollowedAtMs: 101 },
    100,
  ],
  ["since when a change of the tenant waits", { waitingSinceMs: 700 }, 700],
  ["up to where changes are followed when none of the tenant waits", {}, 800],
  ["no more than what was observed", { observedUpToMs: 600 }, 600],
  ["no less than the source's", { waitingSinceMs: 40 }, 100],
] as const)("a tenant's watermark is %s", (_, parts, expected) => {
  expect(tenantCompleteTo({ ...standing, ...parts })).toBe(expected);
});

/** Changes of a source in the order of its log, each done or not; others were never followed. */
const change = fc.record({
  tenant: fc.constantFrom("acme", "beta"),
  atMs: fc.integer({ min: 0, max: 1_000 }),
  isDone: fc.boolean(),
  isFollowed: fc.boolean(),
});

test("nothing of the tenant that is not done is older than its watermark", () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const open = changes.filter(({ isDone }) => !isDone);
      const least = (times: readonly number[]) => (times.length === 0 ? null : Math.min(...times));
      const of = (tenant: string) =>
        open.filter((each) => each.isFollowed && each.tenant === tenant).map(({ atMs }) => atMs);
      const unfollowed = changes.filter(({ isFollowed }) => !isFollowed).map(({ atMs }) => atMs);

      const toMs = tenantCompleteTo({
        completeUpToMs: least(open.map(({ atMs }) => atMs)) ?? 1_001,
        observedUpToMs: 1_001,
        followedToMs: 1_001,
        waitingSinceMs: least(of("acme")),
        // Told of when it is seen, which is after it was made.
        unfollowedAtMs: Math.max(-1, ...unfollowed) + 1,
      });

      for (const { atMs, tenant } of open) {
        if (tenant === "acme") expect(atMs).toBeGreaterThanOrEqual(toMs ?? 0);
      }
    }),
  );
});
