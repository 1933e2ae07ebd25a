import { sourceName, type ProbeOutcome } from "@tidemark/domain";
import { VirtualClock } from "@tidemark/testing";
import { TransientError } from "../errors.ts";
import { Probe } from "./probe.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const pace = { everyMs: 60_000, withinMs: 10_000 };
const never = () => new Promise<never>(() => {});

/** A source and a search that are as the test says. */
function aWorld() {
  const clock = new VirtualClock();
  const world = {
    clock,
    texts: [] as string[],
    visible: "",
    /** How long a text takes to be found. */
    lagMs: 1_000,
    /** How long a deleted one takes to be gone. */
    hiddenMs: 500,
    write: (): Promise<void> => Promise.resolve(),
    search: (): Promise<void> => Promise.resolve(),
    counted: [] as ProbeOutcome[],
    lags: [] as number[],
    hidden: [] as number[],
    throughs: 0,
    searches: 0,
  };
  const probe = new Probe({
    source: sourceName("files"),
    target: {
      key: "tidemark-probe.md",
      async write(text) {
        await world.write();
        world.texts.push(text);
        void clock.sleep(world.lagMs).then(() => {
          world.visible = text;
        });
      },
      async delete() {
        await world.write();
        const { visible } = world;
        void clock.sleep(world.hiddenMs).then(() => {
          if (world.visible === visible) world.visible = "";
        });
      },
    },
    search: {
      async finds({ sentence }) {
        world.searches += 1;
        await world.search();
        return world.visible === sentence;
      },
    },
    asker: { tenant: null, principals: null },
    pace,
    clock,
    logger: silent,
    counted: (outcome) => world.counted.push(outcome),
    found: (lagMs) => world.lags.push(lagMs),
    gone: (hiddenMs) => world.hidden.push(hiddenMs),
    through: () => {
      world.throughs += 1;
    },
  });
  return { probe, world };
}

async function whileRunning(probe: Probe, body: () => Promise<void>) {
  const stop = new AbortController();
  const running = probe.run(stop.signal);
  await body();
  stop.abort();
  await running;
}

test("each period another text is written and found, deleted and gone, as soon as it can be", async () => {
  const { probe, world } = aWorld();

  await whileRunning(probe, () => world.clock.advance(3 * pace.everyMs - 1));

  expect(new Set(world.texts).size).toBe(3);
  expect(world.counted).toEqual(["found", "found", "found"]);
  expect(world.lags).toEqual([1_000, 1_000, 1_000]);
  expect(world.hidden).toEqual([500, 500, 500]);
  expect(world.throughs).toBe(3);
  expect(probe.view).toMatchObject({
    documentId: "files/tidemark-probe.md",
    outcome: "found",
    lagMs: 1_000,
    hiddenMs: 500,
    reason: null,
    ...pace,
  });
});

test("what is late is counted when it becomes late, and followed until it is found", async () => {
  const { probe, world } = aWorld();
  world.lagMs = 90_000;

  await whileRunning(probe, async () => {
    await world.clock.advance(11_000);
    expect(world.counted).toEqual(["late"]);
    expect(world.lags).toEqual([]);

    await world.clock.advance(85_000);
  });

  expect(world.counted).toEqual(["late"]);
  expect(world.lags[0]).toBeGreaterThanOrEqual(90_000);
  expect(world.lags[0]).toBeLessThanOrEqual(92_000);
  expect(world.texts).toHaveLength(2);
});

test("what is never found is given up for another text, and looked for seldom until then", async () => {
  const { probe, world } = aWorld();
  world.lagMs = 3_600_000;

  await whileRunning(probe, () => world.clock.advance(10 * pace.everyMs - 1));

  expect(world.texts).toHaveLength(2);
  expect(world.counted).toEqual(["late", "late"]);
  expect(world.searches).toBeLessThan(500);
});

test("what is deleted and still found is lasting, once, and its time is told when it is gone", async () => {
  const { probe, world } = aWorld();
  world.hiddenMs = 40_000;

  await whileRunning(probe, async () => {
    await world.clock.advance(12_000);
    expect(world.counted).toEqual(["lasting"]);
    expect(probe.view).toMatchObject({ outcome: "lasting", lagMs: 1_000, hiddenMs: null });
    expect(world.throughs).toBe(0);

    await world.clock.advance(35_000);
  });

  expect(world.counted).toEqual(["lasting"]);
  expect(world.hidden[0]).toBeGreaterThanOrEqual(40_000);
  expect(world.hidden[0]).toBeLessThanOrEqual(42_000);
  expect(world.throughs).toBe(1);
});

test("a source that takes the text and does not delete it is told", async () => {
  const { probe, world } = aWorld();

  await whileRunning(probe, async () => {
    await world.clock.advance(500);
    world.write = () => Promise.reject(new TransientError("no right to delete"));
    await world.clock.advance(5_000);
  });

  expect(world.counted).toEqual(["unwritable"]);
  expect(probe.view).toMatchObject({ lagMs: 1_000, reason: "no right to delete" });
});

test("a source that refuses is asked again in the next period", async () => {
  const { probe, world } = aWorld();
  world.write = () => Promise.reject(new TransientError("EROFS"));

  await whileRunning(probe, async () => {
    await world.clock.advance(pace.everyMs + 1);
    expect(world.counted).toEqual(["unwritable", "unwritable"]);
    expect(probe.view).toMatchObject({ outcome: "unwritable", reason: "EROFS", lagMs: null });

    world.write = () => Promise.resolve();
    await world.clock.advance(pace.everyMs + 5_000);
  });

  expect(world.counted).toEqual(["unwritable", "unwritable", "found"]);
});

test("a write that does not end holds back the next one", async () => {
  const { probe, world } = aWorld();
  let writes = 0;
  world.write = () => {
    writes += 1;
    return never();
  };

  await whileRunning(probe, () => world.clock.advance(4 * pace.everyMs - 1));

  expect(writes).toBe(1);
  expect(new Set(world.counted)).toEqual(new Set(["unwritable"]));
  expect(probe.view?.reason).toBe("an earlier write has not ended");
});

test("a search that does not answer is told apart from one that does not find", async () => {
  const { probe, world } = aWorld();
  world.search = () => Promise.reject(new TransientError("503 unavailable"));

  await whileRunning(probe, async () => {
    await world.clock.advance(20_000);
    expect(probe.view).toMatchObject({ outcome: "unanswered", reason: "503 unavailable" });

    world.search = () => Promise.resolve();
    await world.clock.advance(5_000);
  });

  expect(world.counted).toEqual(["unanswered"]);
  expect(world.lags).toHaveLength(1);
});

test("a search that hangs is given up for another", async () => {
  const { probe, world } = aWorld();
  world.search = never;

  await whileRunning(probe, () => world.clock.advance(31_000));

  expect(world.searches).toBeGreaterThanOrEqual(2);
  expect(world.counted).toEqual(["unanswered"]);
});

test("a bug is thrown, and ends it", async () => {
  const { probe, world } = aWorld();
  world.search = () => Promise.reject(new RangeError("no such thing"));

  await expect(probe.run(new AbortController().signal)).rejects.toThrow("no such thing");
});
