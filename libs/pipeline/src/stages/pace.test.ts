import { VirtualClock } from "@tidemark/testing";
import { Pace } from "./pace.ts";

const { signal } = new AbortController();

function aRunner(pace: Pace) {
  const runner = { went: 0 };
  void (async () => {
    for (;;) {
      await pace.next(signal);
      runner.went += 1;
    }
  })();
  return runner;
}

test("no more go in a second than the pace allows, and none are saved up while nobody asks", async () => {
  const clock = new VirtualClock();
  const pace = new Pace(clock);
  pace.set(5);
  await clock.advance(60_000);

  const runner = aRunner(pace);
  await clock.advance(1_000);
  const first = runner.went;
  await clock.advance(10_000);

  expect(first).toBeLessThanOrEqual(6);
  expect(runner.went - first).toBeGreaterThanOrEqual(48);
  expect(runner.went - first).toBeLessThanOrEqual(51);
});

test("another pace is heard of by whoever waits", async () => {
  const clock = new VirtualClock();
  const pace = new Pace(clock);
  pace.set(0.001);
  const runner = aRunner(pace);
  await clock.advance(2_000);
  const before = runner.went;

  pace.set(100);
  await clock.advance(1_000);

  expect(before).toBe(1);
  expect(runner.went).toBeGreaterThan(70);
});

test("without a pace nobody waits", async () => {
  const pace = new Pace(new VirtualClock());

  for (let at = 0; at < 1_000; at += 1) await pace.next(signal);
});

test("whoever waits is told to stop with the reason that was given", async () => {
  const pace = new Pace(new VirtualClock());
  const stop = new AbortController();
  pace.set(0.001);
  await pace.next(stop.signal);

  const waiting = pace.next(stop.signal);
  stop.abort("over");

  await expect(waiting).rejects.toBe("over");
});
