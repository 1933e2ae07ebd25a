import * as fc from "fast-check";
import {
  compareRevisions,
  formatRevision,
  isNewer,
  newerOf,
  nextEpoch,
  positionOfOffset,
  zeroRevision,
} from "./revision.ts";

const revision = fc.record({ epoch: fc.nat(3), position: fc.nat(3) });

test("revisions are ordered: by epoch, then by position", () => {
  fc.assert(
    fc.property(revision, revision, revision, (a, b, c) => {
      expect(Math.sign(compareRevisions(a, b))).toBe(-Math.sign(compareRevisions(b, a)) + 0);
      if (isNewer(a, b) && isNewer(b, c)) expect(isNewer(a, c)).toBe(true);
      if (a.epoch > b.epoch) expect(isNewer(a, b)).toBe(true);
      expect(compareRevisions(newerOf(a, b), a)).toBeGreaterThanOrEqual(0);
      expect(compareRevisions(a, zeroRevision)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("the first offset is above a snapshot's position", () => {
  expect(positionOfOffset(0)).toBe(1);
});

test("a new epoch is above all that were, whatever the clock says", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), (lastEpoch, highestInManifests, nowMs) => {
      const epoch = nextEpoch({ lastEpoch, highestInManifests, nowMs });

      expect(epoch).toBeGreaterThan(Math.max(lastEpoch, highestInManifests));
      expect(epoch).toBeGreaterThanOrEqual(Math.floor(nowMs / 1000));
      expect(Number.isSafeInteger(epoch)).toBe(true);
    }),
  );
});

test("a revision reads as epoch and position", () => {
  expect(formatRevision({ epoch: 3, position: 14 })).toBe("3.14");
});
