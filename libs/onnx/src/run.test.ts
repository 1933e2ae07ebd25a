import { nextRun, overtakenMax, packIds } from "./run.ts";
import type { Waiting } from "./run.ts";

function waiting(id: number, isQuery: boolean): Waiting {
  const run = { id, ids: new ArrayBuffer(0), texts: 1, tokens: 2, isQuery };
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

test("a query goes before a run that waits, and queries keep their order", () => {
  const backlog = [waiting(1, false), waiting(2, true), waiting(3, true)];

  expect([1, 2, 3, 4].map(() => nextRun(backlog)?.id)).toEqual([2, 3, 1, undefined]);
});

test("queries go before a waiting run a bounded number of times", () => {
  const backlog = [waiting(1, false)];
  const order: (number | undefined)[] = [];
  for (let id = 2; id < 20; id += 1) {
    backlog.push(waiting(id, true));
    order.push(nextRun(backlog)?.id);
  }

  expect(order.indexOf(1)).toBe(overtakenMax);
});
