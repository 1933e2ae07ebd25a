import { OverloadedError, PoisonError, embedLanes } from "@tidemark/pipeline";
import type { EmbedLane } from "@tidemark/pipeline";
import * as fc from "fast-check";
import { LaneQueue } from "./lane-queue.ts";
import type { Queued } from "./lane-queue.ts";

const roomy = { textsMax: 100_000, tokensMax: 100_000_000 };

function texts(lane: EmbedLane, count: number, tokens = 10): Queued[] {
  return Array.from({ length: count }, () => ({ lane, tokens }));
}

function aQueue(waiting: Partial<Record<EmbedLane, number>>): LaneQueue<Queued> {
  const queue = new LaneQueue<Queued>(roomy);
  for (const lane of embedLanes) queue.push(lane, texts(lane, waiting[lane] ?? 0));
  return queue;
}

/** Lanes of the next runs of one text each. */
function served(queue: LaneQueue<Queued>, runs: number): EmbedLane[] {
  return Array.from({ length: runs }, () => queue.take(1)[0]?.lane).filter(
    (lane) => lane !== undefined,
  );
}

test("of one text in each lane the most urgent goes first", () => {
  const queue = aQueue({ query: 1, live: 1, liveOther: 1, backfill: 1 });

  expect(served(queue, 5)).toEqual(["query", "live", "liveOther", "backfill"]);
});

test("a query goes next, however long documents have waited and queries were served", () => {
  const queue = aQueue({ live: 1000, liveOther: 1000, backfill: 1000 });
  for (let round = 0; round < 200; round += 1) {
    served(queue, 1 + (round % 7));
    queue.push("query", texts("query", 1, 500));

    expect(queue.take(1)[0]?.lane).toBe("query");
  }
});

test("endless queries leave every lane a part, and take the most", () => {
  const queue = aQueue({ query: 5000, live: 5000, liveOther: 5000, backfill: 5000 });

  const lanes = served(queue, 1000);

  const count = (lane: EmbedLane): number => lanes.filter((each) => each === lane).length;
  expect(count("query")).toBeGreaterThan(600);
  expect(count("live")).toBeGreaterThan(count("liveOther"));
  expect(count("liveOther")).toBeGreaterThan(count("backfill"));
  expect(count("backfill")).toBeGreaterThanOrEqual(10);
});

test("a waiting lane is passed over a bounded number of times", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...embedLanes), fc.integer({ min: 1, max: 9 })), {
        maxLength: 400,
      }),
      (arrivals) => {
        const queue = aQueue({ backfill: 1 });
        let runs = 0;
        for (const [lane, tokens] of arrivals) {
          queue.push(lane, texts(lane, 3, tokens));
          if (queue.take(1)[0]?.lane === "backfill") return;
          runs += 1;
          expect(runs).toBeLessThanOrEqual(100);
        }
      },
    ),
  );
});

test("a lane that had nothing to do brings no credit", () => {
  const queue = aQueue({ backfill: 1000 });
  served(queue, 900);
  queue.push("live", texts("live", 400));
  queue.push("liveOther", texts("liveOther", 400));

  const lanes = served(queue, 100);

  expect(lanes.filter((lane) => lane === "liveOther").length).toBeGreaterThan(10);
  expect(lanes).toContain("backfill");
});

test("a run has texts of one lane and one length, oldest first, within its tokens", () => {
  const queue = new LaneQueue<Queued>(roomy);
  const [a, b, c, d, e] = [5, 9, 5, 5, 5].map((tokens) => ({ lane: "live" as const, tokens }));
  if (!a || !b || !c || !d || !e) throw new Error("unreachable");
  queue.push("live", [a, b, c, d, e]);

  expect(queue.take(15)).toEqual([a, c, d]);
  expect(queue.take(4)).toEqual([b]);
  expect(queue.take(100)).toEqual([e]);
  expect(queue.texts()).toBe(0);
});

test("every text leaves once, unless it is removed before", () => {
  const item = fc.record({
    lane: fc.constantFrom(...embedLanes),
    tokens: fc.integer({ min: 2, max: 6 }),
    isRemoved: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (items, max) => {
        const queue = new LaneQueue<Queued>(roomy);
        for (const each of items) queue.push(each.lane, [each]);
        for (const each of items) if (each.isRemoved) expect(queue.remove(each)).toBe(true);
        const left: Queued[] = [];
        for (let run = queue.take(max); run.length > 0; run = queue.take(max)) {
          expect(new Set(run.map(({ lane, tokens }) => `${lane} ${tokens}`)).size).toBe(1);
          expect(run.length === 1 || run.reduce((sum, { tokens }) => sum + tokens, 0) <= max).toBe(
            true,
          );
          left.push(...run);
        }

        expect(new Set(left)).toEqual(new Set(items.filter(({ isRemoved }) => !isRemoved)));
        expect(left).toHaveLength(new Set(left).size);
        expect([queue.texts(), queue.tokens()]).toEqual([0, 0]);
      },
    ),
  );
});

test("a lane that is full refuses all of a request, and no other lane does", () => {
  const queue = new LaneQueue<Queued>({ textsMax: 4, tokensMax: 100 });
  queue.push("backfill", texts("backfill", 3));

  expect(() => queue.push("backfill", texts("backfill", 2))).toThrow(OverloadedError);
  expect(() => queue.push("backfill", texts("backfill", 1, 71))).toThrow(OverloadedError);
  expect(queue.texts("backfill")).toBe(3);
  queue.push("query", texts("query", 2));
  expect(queue.texts()).toBe(5);
});

test("a request that never fits is poison and no overload: halved, it may fit", () => {
  const queue = new LaneQueue<Queued>({ textsMax: 4, tokensMax: 100 });

  expect(() => queue.push("live", texts("live", 5))).toThrow(PoisonError);
  expect(() => queue.push("live", texts("live", 1, 101))).toThrow(PoisonError);
});
