import { EventLoopWatch, Readiness } from "./health.ts";

test("ready when no reason is left, and each reason says itself", () => {
  const readiness = new Readiness({ model: "loading" });
  readiness.block("scan", "12 of 40 documents");
  readiness.block("scan", "40 of 40 documents");

  expect(readiness.isReady).toBe(false);
  expect(readiness.reasons).toEqual({ model: "loading", scan: "40 of 40 documents" });

  readiness.clear("model");
  readiness.clear("scan");

  expect(readiness.isReady).toBe(true);
});

test("live while the event loop makes progress", () => {
  const world = aWorld();
  using watch = new EventLoopWatch({ ...world, everyMs: 100, stalledMsMax: 1000 });

  world.pass(100);
  world.tick();
  world.pass(1000);
  expect(watch.isLive).toBe(true);

  world.pass(1);
  expect(watch.isLive).toBe(false);

  world.tick();
  expect(watch.isLive).toBe(true);
});

test("lag is the worst since it was last asked for, and a stall counts before it ends", () => {
  const world = aWorld();
  using watch = new EventLoopWatch({ ...world, everyMs: 100 });

  world.pass(350);
  world.tick();
  world.pass(100);
  world.tick();

  expect(watch.takeLagMs()).toBe(250);
  expect(watch.takeLagMs()).toBe(0);
  world.pass(400);
  expect(watch.takeLagMs()).toBe(300);
});

test("closing stops the timer", () => {
  const world = aWorld();

  new EventLoopWatch(world)[Symbol.dispose]();

  expect(world.stopped()).toBe(true);
});

function aWorld() {
  let nowMs = 0;
  let stopped = false;
  let ticking = () => {};
  return {
    nowMs: () => nowMs,
    repeat: (tick: () => void) => {
      ticking = tick;
      return () => {
        stopped = true;
      };
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    tick: () => ticking(),
    stopped: () => stopped,
  };
}
