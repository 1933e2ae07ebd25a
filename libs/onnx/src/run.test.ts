import type { EmbedLane } from "@tidemark/pipeline";
import { nextRun, overtakenMax, packIds, runUrgencyOf } from "./run.ts";
import type { Waiting } from "./run.ts";

function waiting(id: number, lane: EmbedLane): Waiting {
  const urgency = runUrgencyOf(lane);
  const run = { id, ids: new ArrayBuffer(0), texts: 1, tokens: 2, urgency };
  return { run, overtaken: 0 };
}

test("ids are packed as 64-bit numbers, text after text", () => {
  const packed = packIds(
    [
      [101, 7, 102],
      [101, 30_521, 102],
    ],
    3,
  );

  expect([...new BigInt64Array(packed)]).toEqual([101n, 7n, 102n, 101n, 30_521n, 102n]);
});

test("queries go before what waits, then live changes, each in their order", () => {
  const lanes = ["backfill", "live", "query", "liveOther", "live", "query"] as const;
  const backlog = lanes.map((lane, at) => waiting(at, lane));

  expect(lanes.map(() => nextRun(backlog)?.id)).toEqual([2, 5, 1, 4, 0, 3]);
});

test("what is urgent goes before a waiting run a bounded number of times", () => {
  const backlog = [waiting(1, "backfill")];
  const order: (number | undefined)[] = [];
  for (let id = 2; id < 20; id += 1) {
    backlog.push(waiting(id, id % 2 === 0 ? "query" : "live"));
    order.push(nextRun(backlog)?.id);
  }

  expect(order.indexOf(1)).toBe(overtakenMax);
});
