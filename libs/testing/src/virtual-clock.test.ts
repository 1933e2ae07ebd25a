import { VirtualClock } from "./virtual-clock.ts";

test("sleepers wake in the order of their times, and see the time they asked for", async () => {
  const clock = new VirtualClock(0);
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push([name, clock.nowMs()]);
  };
  void sleep("late", 30);
  void sleep("early", 10).then(() => sleep("early again", 10));

  await clock.advance(25);

  expect(woken).toEqual([
    ["early", 10],
    ["early again", 20],
  ]);
  expect(clock.nowMs()).toBe(25);
  expect(clock.nextDueMs).toBe(30);
});

test("an aborted sleeper wakes at once and leaves nothing behind", async () => {
  const clock = new VirtualClock(0);
  const giveUp = new AbortController();
  const sleeping = clock.sleep(1_000, giveUp.signal);

  giveUp.abort();
  await sleeping;

  expect(clock.nextDueMs).toBeNull();
});

test("a skewed clock is wrong about the time and right about durations", async () => {
  const clock = new VirtualClock(100);
  const skewed = clock.skewed(-40);
  await clock.advance(5);

  expect(skewed.nowMs()).toBe(65);
});
