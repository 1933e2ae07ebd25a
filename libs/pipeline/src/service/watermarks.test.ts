/** What a watermark says, whatever happens on the way: of what is pushed, streamed and listed. */
import { heardOf } from "@tidemark/domain";
import { listedSource as listed, pushedSource as pushed, WatermarkWorld } from "@tidemark/testing";

const secondMs = 1_000;
const hourMs = 3_600_000;
/** Markers come each second, and pass within another. */
const promptMs = 3 * secondMs;

describe("a pushed or streamed source", () => {
  test("is complete up to now while nothing changes", async () => {
    const world = await WatermarkWorld.of();
    const process = await world.start();
    const stop = world.beat();

    await world.clock.advance(10 * 60 * secondMs);

    const behindMs = process.behindMs(pushed);
    stop();
    await process.stop();
    expect(behindMs).toBeLessThan(promptMs);
  });

  test("is complete up to before what is not embedded, and up to now when it is", async () => {
    const world = await WatermarkWorld.of();
    const process = await world.start();
    const stop = world.beat();
    await world.clock.advance(10 * secondMs);

    world.isEmbedding = false;
    await world.push("a");
    await world.clock.advance(60 * secondMs);
    const meanwhileMs = process.behindMs(pushed);
    world.isEmbedding = true;
    await world.clock.advance(10 * secondMs);
    const afterMs = process.behindMs(pushed);

    stop();
    await process.stop();
    expect(meanwhileMs).toBeGreaterThanOrEqual(60 * secondMs);
    expect(meanwhileMs).toBeLessThan(60 * secondMs + promptMs);
    expect(afterMs).toBeLessThan(promptMs);
  });

  test("is unknown after a restart until markers have passed, and never ahead of what is done", async () => {
    const world = await WatermarkWorld.of();
    const stop = world.beat();
    const first = await world.start();
    await world.clock.advance(10 * secondMs);
    world.isEmbedding = false;
    await world.push("a");
    const pushedAtMs = world.clock.nowMs();
    await world.clock.advance(30 * secondMs);
    await first.stop();

    const second = await world.start();
    await world.clock.advance(30 * secondMs);
    const waitingMs = second.behindMs(pushed);
    const sincePushMs = world.clock.nowMs() - pushedAtMs;
    world.isEmbedding = true;
    await world.clock.advance(30 * secondMs);
    const afterMs = second.behindMs(pushed);

    stop();
    await second.stop();
    if (waitingMs !== null) expect(waitingMs).toBeGreaterThanOrEqual(sincePushMs - promptMs);
    expect(afterMs).toBeLessThan(promptMs);
  });

  test("moves on while a replay runs", async () => {
    const world = await WatermarkWorld.of();
    const process = await world.start();
    const stop = world.beat();
    for (let at = 0; at < 300; at += 1) await world.push(`k${at}`);
    await world.clock.advance(60 * secondMs);
    await world.replay();

    let worstMs = 0;
    for (let at = 0; at < 60; at += 1) {
      await world.clock.advance(secondMs);
      worstMs = Math.max(worstMs, process.behindMs(pushed) ?? Number.POSITIVE_INFINITY);
    }

    stop();
    await process.stop();
    expect(worstMs).toBeLessThan(30 * secondMs);
  });

  test.each([
    ["alone", [hourMs]],
    ["beside one that is right", [0, hourMs]],
  ])(
    "a gateway whose clock is an hour ahead, %s, claims nothing of the future",
    async (_, ahead) => {
      const world = await WatermarkWorld.of();
      const process = await world.start();
      const stops = ahead.map((aheadMs, at) => world.beat(`gateway-${at}`, aheadMs));
      await world.clock.advance(3 * 60 * secondMs);
      const idleMs = process.behindMs(pushed);
      world.isEmbedding = false;
      await world.push("a");
      await world.clock.advance(3 * 60 * secondMs);
      const stalledMs = process.behindMs(pushed);

      for (const stop of stops) stop();
      world.isEmbedding = true;
      await process.stop();
      expect(idleMs).toBeGreaterThanOrEqual(0);
      expect(idleMs).toBeLessThan(promptMs);
      expect(stalledMs).toBeGreaterThanOrEqual(3 * 60 * secondMs - promptMs);
    },
  );

  test("a gateway whose clock is an hour behind does not hold back one that is right", async () => {
    const world = await WatermarkWorld.of();
    const process = await world.start();
    const stops = [world.beat("right"), world.beat("behind", -hourMs)];

    await world.clock.advance(3 * 60 * secondMs);
    const idleMs = process.behindMs(pushed);
    world.isEmbedding = false;
    await world.push("a");
    await world.clock.advance(3 * 60 * secondMs);
    const stalledMs = process.behindMs(pushed);

    for (const stop of stops) stop();
    world.isEmbedding = true;
    await process.stop();
    expect(idleMs).toBeLessThan(promptMs);
    expect(stalledMs).toBeGreaterThanOrEqual(3 * 60 * secondMs - promptMs);
  });

  test.each([-hourMs, hourMs])(
    "takes no time from the source: its clock is %i ms off",
    async (offMs) => {
      const world = await WatermarkWorld.of();
      const process = await world.start();
      const stop = world.beat();

      await world.push("a", world.clock.nowMs() + offMs);
      await world.clock.advance(30 * secondMs);

      const behindMs = process.behindMs(pushed);
      stop();
      await process.stop();
      expect(behindMs).toBeGreaterThanOrEqual(0);
      expect(behindMs).toBeLessThan(promptMs);
    },
  );
});

describe("a listed source", () => {
  test("is complete up to the beginning of its last scan, once what it found is done", async () => {
    const world = await WatermarkWorld.of();
    const process = await world.start();

    world.isEmbedding = false;
    const beganAtMs = world.clock.nowMs();
    await world.scan();
    await world.clock.advance(30 * secondMs);
    const meanwhile = process.behindMs(listed);
    world.isEmbedding = true;
    await world.clock.advance(30 * secondMs);
    const afterMs = process.behindMs(listed);

    const sinceScanMs = world.clock.nowMs() - beganAtMs;
    await process.stop();
    expect(meanwhile).toBeNull();
    expect(afterMs).toBe(sinceScanMs);
  });

  test("says after a restart and during a replay no more than its last scan has shown", async () => {
    const world = await WatermarkWorld.of();
    const first = await world.start();
    for (let at = 0; at < 100; at += 1) await world.push(`k${at}`);
    const beganAtMs = world.clock.nowMs();
    await world.scan();
    await world.clock.advance(30 * secondMs);
    const beforeMs = first.behindMs(listed);
    await first.stop();

    const second = await world.start();
    await world.replay();
    const told: (number | null)[] = [];
    for (let at = 0; at < 60; at += 1) {
      await world.clock.advance(secondMs);
      const behindMs = second.behindMs(listed);
      told.push(behindMs === null ? null : behindMs - (world.clock.nowMs() - beganAtMs));
    }
    const againAtMs = world.clock.nowMs();
    await world.scan();
    await world.clock.advance(30 * secondMs);
    const afterMs = second.behindMs(listed);

    const sinceAgainMs = world.clock.nowMs() - againAtMs;
    await second.stop();
    expect(beforeMs).toBe(30 * secondMs);
    expect(told.every((each) => each === null || each >= 0)).toBe(true);
    expect(afterMs).toBe(sinceAgainMs);
  });

  test("says between scans what its events told of, and that the way is closed while nothing changes", async () => {
    const world = await WatermarkWorld.of();
    const process = await world.start();
    await world.scan();
    const stop = world.beatListed();
    await world.clock.advance(5 * 60 * secondMs);

    const idleMs = process.behindMs(heardOf(listed));
    const scannedMs = process.behindMs(listed);
    world.isEmbedding = false;
    await world.push("a");
    await world.clock.advance(5 * 60 * secondMs);
    const stalledMs = process.behindMs(heardOf(listed));

    stop();
    world.isEmbedding = true;
    await process.stop();
    expect(idleMs).toBeLessThan(10 * secondMs + promptMs);
    expect(scannedMs).toBeGreaterThanOrEqual(5 * 60 * secondMs);
    expect(stalledMs).toBeGreaterThanOrEqual(5 * 60 * secondMs - 10 * secondMs);
  });
});
