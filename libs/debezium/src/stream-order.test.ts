import { compareRevisions, type Revision } from "@tidemark/domain";
import * as fc from "fast-check";
import type { RowEvent } from "./debezium-event.ts";
import { firstState, StreamOrder } from "./stream-order.ts";

const partition = "cdc.shop.docs/0";

function aChange(parts: Partial<RowEvent> = {}): RowEvent {
  return {
    kind: "row",
    operation: "update",
    table: "shop.docs",
    snapshot: "none",
    snapshotId: null,
    key: { id: 1 },
    after: { id: 1 },
    oldKey: null,
    lsn: 100,
    commitLsn: 90,
    sourceTimeMs: 1_000,
    handledAtMs: 1_000,
    ...parts,
  };
}

/** Places and notes; a new epoch is the next number. */
function take(order: StreamOrder, event: RowEvent, from = partition): Revision | null {
  for (;;) {
    const verdict = order.place(event, from);
    switch (verdict.kind) {
      case "removed":
        return null;
      case "at":
        order.note(event, from, verdict.revision);
        return verdict.revision;
      case "new-epoch": {
        const { fromMs, snapshotId } = verdict;
        order.beginEpoch({ epoch: order.epoch + 1, fromMs, snapshotId });
      }
    }
  }
}

test("changes of a row in the order of their commits have rising revisions, snapshots in between", () => {
  // A step commits a change of the row, or reads all anew; LSNs grow, also those of other rows.
  const step = fc.record({ isSnapshot: fc.boolean(), gap: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const order = new StreamOrder(firstState(1));
      let [lsn, atMs] = [0, 0];
      const revisions = steps.map(({ gap, isSnapshot }, at) => {
        [lsn, atMs] = [lsn + gap, atMs + gap];
        const place = { lsn, commitLsn: lsn - 1, sourceTimeMs: atMs, handledAtMs: atMs };
        const snapshot = isSnapshot
          ? ({ operation: "read", snapshot: "full", snapshotId: `${at}` } as const)
          : {};
        return take(order, aChange({ ...place, ...snapshot })) ?? { epoch: 0, position: 0 };
      });

      for (const [at, revision] of revisions.entries()) {
        const before = revisions[at - 1];
        if (before) expect(compareRevisions(revision, before)).toBeGreaterThan(0);
      }
    }),
  );
});

test("what is sent again after a restart has the revisions that it had", () => {
  const change = fc.record({ lsn: fc.integer({ min: 1, max: 50 }), wait: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), fc.nat(), (changes, from) => {
      const order = new StreamOrder(firstState(1));
      let atMs = 0;
      const events = changes.map(({ lsn, wait }, at) => {
        atMs += wait;
        // Commits are in order; the changes of a long transaction stand before.
        return aChange({ lsn, commitLsn: 100 + at, sourceTimeMs: atMs, handledAtMs: atMs });
      });
      const first = events.map((event) => take(order, event));
      const again = from % events.length;

      const second = events
        .slice(again)
        .map((event) => take(order, { ...event, handledAtMs: atMs + 1 }));

      expect(second).toEqual(first.slice(again));
    }),
  );
});

test("the state that was written down goes on where it was", () => {
  const order = new StreamOrder(firstState(1));
  take(
    order,
    aChange({ operation: "read", snapshot: "full", snapshotId: "7/7", handledAtMs: 500 }),
  );
  take(order, aChange({ lsn: 300 }));
  const again = new StreamOrder(JSON.parse(JSON.stringify(order.state)) as typeof order.state);

  expect(take(again, aChange({ lsn: 400 }))).toEqual({ epoch: 2, position: 400 });
  expect(take(again, aChange({ lsn: null, snapshot: "incremental" }))).toEqual({
    epoch: 2,
    position: 400,
  });
});

test("a partition that has come to an epoch does not go back, though a clock may", () => {
  const order = new StreamOrder(firstState(1));
  take(
    order,
    aChange({ operation: "read", snapshot: "full", snapshotId: "7/7", handledAtMs: 500 }),
  );

  expect(take(order, aChange({ handledAtMs: 400 }))).toMatchObject({ epoch: 2 });
  expect(take(order, aChange({ handledAtMs: 400 }), "cdc.shop.docs/1")).toMatchObject({ epoch: 1 });
});

test("after a heartbeat a commit that stands before those that were seen is another database's", () => {
  const order = new StreamOrder(firstState(1));
  take(order, aChange({ lsn: 5_000, commitLsn: 4_000, sourceTimeMs: 1_000 }));
  order.noteHeartbeat(2_000);
  const low = { lsn: 300, commitLsn: 200 };

  expect(take(order, aChange({ ...low, sourceTimeMs: 1_999 }))).toEqual({
    epoch: 1,
    position: 300,
  });
  expect(take(order, aChange({ ...low, sourceTimeMs: 2_001 }))).toEqual({
    epoch: 2,
    position: 300,
  });
});
