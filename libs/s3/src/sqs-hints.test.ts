import { TransientError, type ToldKey, type UnreadableNotice } from "@tidemark/pipeline";
import { seededChance, VirtualClock } from "@tidemark/testing";
import { MemoryQueue } from "./memory-queue.ts";
import type { S3Report } from "./report.ts";
import { SqsHints, type SqsHintsOptions } from "./sqs-hints.ts";

const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };

interface Put {
  readonly key?: string;
  readonly bucket?: string;
  readonly name?: string;
  readonly sequencer?: string;
  readonly time?: string;
}

function aRecord({ bucket = "acme-uploads", key = "a.md", name, sequencer, time }: Put = {}) {
  return {
    eventVersion: "2.1",
    eventTime: time ?? "2026-01-01T00:00:00.000Z",
    eventName: name ?? "ObjectCreated:Put",
    s3: { bucket: { name: bucket }, object: { key, ...(sequencer && { sequencer }) } },
  };
}
const aMessage = (...puts: readonly Put[]) => ({
  Records: (puts.length === 0 ? [{}] : puts).map(aRecord),
});

/** Hears a queue on a clock that stands still, into a log that may refuse. */
class Listening {
  readonly clock = new VirtualClock();
  readonly queue = new MemoryQueue(this.clock);
  readonly deadLetters = new MemoryQueue(this.clock, "kb-events-dead");
  readonly told: ToldKey[] = [];
  readonly setAside: UnreadableNotice[] = [];
  readonly reports: S3Report[] = [];
  scansDue = 0;
  isLogDown = false;
  readonly hints: SqsHints;
  readonly #stop = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  readonly #logTakesMs: number;

  constructor(options: Partial<SqsHintsOptions> = {}, logTakesMs = 0) {
    this.#logTakesMs = logTakesMs;
    this.hints = new SqsHints({
      source: {
        acceptRoot: silent,
        includes: (key) => !key.startsWith("tmp/"),
        tellsOf: () => true,
      },
      bucket: "acme-uploads",
      queue: this.queue,
      deadLetters: this.deadLetters,
      dialect: "aws",
      clock: this.clock,
      chance: seededChance(1),
      logger,
      onReport: (report) => this.reports.push(report),
      ...options,
    });
  }

  start(): this {
    const refuse = () => {
      if (this.isLogDown) throw new TransientError("the log is full");
    };
    const listener = {
      heard: silent,
      heardPrefix: () => {
        this.scansDue += 1;
      },
      heardAll: async (told: readonly ToldKey[]) => {
        refuse();
        await this.clock.sleep(this.#logTakesMs);
        this.told.push(...told);
      },
      setAside: async (notices: readonly UnreadableNotice[]) => {
        refuse();
        this.setAside.push(...notices);
      },
    };
    this.#watching = this.hints.watch(listener, this.#stop.signal);
    return this;
  }

  get keys(): readonly string[] {
    return this.told.map(({ key }) => key);
  }

  skipped(reason: string): number {
    return this.reports.reduce(
      (sum, report) =>
        report.kind === "skipped-events" && report.reason === reason ? sum + report.count : sum,
      0,
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }
}

test("every record of a message becomes a hint, with when the source says it changed", async () => {
  const listening = new Listening().start();
  const time = "2026-01-02T03:04:05.000Z";
  listening.queue.send(
    aMessage({ key: "a.md", time }, { key: "b.md", name: "ObjectRemoved:Delete" }),
  );

  await listening.clock.advance(200);
  await listening.stop();

  expect(listening.told).toEqual([
    { key: "a.md", expects: "present", sourceTimeMs: Date.parse(time), trace: null },
    { key: "b.md", expects: "absent", sourceTimeMs: Date.UTC(2026, 0, 1), trace: null },
  ]);
  expect(listening.queue.size).toBe(0);
});

test("events of a key that come together make one hint, read first when one is a removal", async () => {
  const listening = new Listening().start();
  listening.queue.send(aMessage({ key: "a.md", name: "ObjectRemoved:Delete" }, { key: "a.md" }));

  await listening.clock.advance(200);
  await listening.stop();

  expect(listening.told).toEqual([expect.objectContaining({ key: "a.md", expects: "absent" })]);
});

test("a message stays in the queue until its hints are on the log, and nobody else gets it", async () => {
  const listening = new Listening({ hiddenMs: 30_000 }).start();
  listening.isLogDown = true;
  const id = listening.queue.send(aMessage());

  await listening.clock.advance(10 * 60_000);
  expect(listening.queue.size).toBe(1);
  expect(listening.queue.delivered).toEqual([id]);

  listening.isLogDown = false;
  await listening.clock.advance(60_000);
  await listening.stop();
  expect(listening.keys).toEqual(["a.md"]);
  expect(listening.queue.size).toBe(0);
});

test("while the log refuses, nothing more is taken from the queue", async () => {
  const listening = new Listening().start();
  listening.isLogDown = true;
  listening.queue.send(aMessage());
  await listening.clock.advance(60_000);

  for (let at = 0; at < 100; at += 1) listening.queue.send(aMessage({ key: `${at}.md` }));
  await listening.clock.advance(10 * 60_000);
  const takenMeanwhile = new Set(listening.queue.delivered).size;
  listening.isLogDown = false;
  await listening.clock.advance(60_000);
  await listening.stop();

  expect(takenMeanwhile).toBe(1);
  expect(new Set(listening.keys).size).toBe(101);
  expect(listening.queue.size).toBe(0);
});

test("what is told behind thousands is heard in the time of an eighth of them", async () => {
  const listening = new Listening({}, 100).start();
  for (let at = 0; at < 4_000; at += 1) listening.queue.send(aMessage({ key: `${at}.md` }));
  listening.queue.send(aMessage({ key: "last.md", name: "ObjectRemoved:Delete" }));

  await listening.clock.advance(8_000);
  const heard = listening.keys.includes("last.md");
  await listening.clock.advance(60_000);
  await listening.stop();

  expect(heard).toBe(true);
  expect(new Set(listening.keys).size).toBe(4_001);
  expect(listening.queue.delivered).toHaveLength(4_001);
  expect(listening.queue.size).toBe(0);
});

test.each([
  [["ObjectCreated:Put", "ObjectTagging:Put", "ObjectCreated:Put"], "policy"],
  [["ObjectTagging:Delete", "ObjectRemoved:Delete", "ObjectTagging:Put"], "absent"],
])("of events of a key that come together the most urgent counts: %j", async (names, expects) => {
  const listening = new Listening().start();
  listening.queue.send(aMessage(...names.map((name) => ({ key: "a.md", name }))));

  await listening.clock.advance(200);
  await listening.stop();

  expect(listening.told).toEqual([expect.objectContaining({ key: "a.md", expects })]);
});

test("what is not removed before the end comes again", async () => {
  const listening = new Listening({ hiddenMs: 30_000 }).start();
  listening.isLogDown = true;
  listening.queue.send(aMessage());
  await listening.clock.advance(1_000);
  await listening.stop();
  await listening.clock.advance(60_000);

  expect(await listening.queue.receive({ waitMs: 0, hiddenMs: 1 })).toHaveLength(1);
});

test("the queue's own dead letters are hints too", async () => {
  const listening = new Listening().start();
  listening.deadLetters.send(aMessage({ key: "late.md" }));

  await listening.clock.advance(200);
  await listening.stop();

  expect(listening.keys).toEqual(["late.md"]);
  expect(listening.deadLetters.size).toBe(0);
});

test("what nobody can read is set aside by reference, and its good records are heard", async () => {
  const listening = new Listening().start();
  const id = listening.queue.send({ Records: [7, aRecord({ key: "good.md" }), {}] });

  await listening.clock.advance(200);
  await listening.stop();

  expect(listening.keys).toEqual(["good.md"]);
  expect(listening.setAside).toEqual([
    {
      id: `message:${id}`,
      from: "sqs:kb-events",
      problem: expect.stringContaining("a record is not an object; eventName is missing"),
    },
  ]);
  expect(listening.setAside[0]?.problem).not.toContain("good.md");
  expect(listening.queue.size).toBe(0);
});

test("what needs nothing done is counted by reason and removed", async () => {
  const listening = new Listening().start();
  listening.queue.send({ Service: "Amazon S3", Event: "s3:TestEvent" });
  listening.queue.send(aMessage({ bucket: "other" }, { bucket: "other" }, { key: "tmp/a.md" }));
  listening.queue.send(aMessage({ name: "ObjectAcl:Put" }));

  await listening.clock.advance(200);
  await listening.stop();

  const reasons = ["test-event", "other-bucket", "not-included", "irrelevant"];
  expect(reasons.map((reason) => listening.skipped(reason))).toEqual([1, 2, 1, 1]);
  expect(listening.told).toEqual([]);
  expect(listening.queue.size).toBe(0);
});

test("a write that a published hint already covers asks for nothing, on AWS alone", async () => {
  for (const [dialect, expected] of [
    ["aws", ["a.md", "a.md"]],
    ["minio", ["a.md", "a.md", "a.md", "a.md"]],
  ] as const) {
    const listening = new Listening({ dialect }).start();
    for (const sequencer of ["20", "10", "20", "30"]) {
      listening.queue.send(aMessage({ sequencer }));
      await listening.clock.advance(200);
    }
    await listening.stop();

    expect(listening.keys).toEqual(expected);
    expect(listening.skipped("passed")).toBe(4 - expected.length);
  }
});

test("a write is covered only when its hint is on the log", async () => {
  const listening = new Listening().start();
  listening.isLogDown = true;
  listening.queue.send(aMessage({ sequencer: "20" }));
  await listening.clock.advance(1_000);
  listening.isLogDown = false;
  await listening.clock.advance(60_000);
  await listening.stop();

  expect(listening.keys).toEqual(["a.md"]);
});

test("a queue that was silent for half its retention makes a scan due, and so does its return", async () => {
  const listening = new Listening();
  listening.queue.retentionMs = 3_600_000;
  listening.start();
  await listening.clock.advance(60_000);
  listening.queue.isDown = true;

  await listening.clock.advance(25 * 60_000);
  expect(listening.scansDue).toBe(0);
  await listening.clock.advance(10 * 60_000);
  expect(listening.scansDue).toBe(1);
  await listening.clock.advance(60 * 60_000);
  expect(listening.scansDue).toBe(1);

  listening.queue.isDown = false;
  await listening.clock.advance(5 * 60_000);
  await listening.stop();
  expect(listening.scansDue).toBe(2);
  expect(listening.reports).toContainEqual(
    expect.objectContaining({ kind: "queue-trouble", queue: "kb-events" }),
  );
});

test("the queue is drained when it was asked after, and had nothing", async () => {
  const listening = new Listening({ times: { deliveryMs: 1_000 } }).start();
  await listening.clock.advance(1_000);
  const beforeMs = listening.clock.nowMs();
  let isDrained: boolean | null = null;
  const never = new AbortController().signal;
  void listening.hints.drained(beforeMs, never).then((answer) => {
    isDrained = answer;
  });

  await listening.clock.advance(500);
  expect(isDrained).toBeNull();
  await listening.clock.advance(60_000);
  await listening.stop();
  expect(isDrained).toBe(true);
});

test("the queue is not drained while an old message is in work or hidden from us", async () => {
  const listening = new Listening({ times: { deliveryMs: 0, quietMs: 1e9 } });
  listening.queue.send(aMessage({ key: "hidden.md" }));
  await listening.queue.receive({ waitMs: 0, hiddenMs: 300_000 });
  listening.start();
  const beforeMs = listening.clock.nowMs() + 1;
  let isDrained: boolean | null = null;
  const never = new AbortController().signal;
  void listening.hints.drained(beforeMs, never).then((answer) => {
    isDrained = answer;
  });

  await listening.clock.advance(250_000);
  expect(isDrained).toBeNull();
  await listening.clock.advance(250_000);
  await listening.stop();
  expect(isDrained).toBe(true);
  expect(listening.keys).toEqual(["hidden.md"]);
});

test("a queue that is never empty is drained when nothing old has come for long", async () => {
  const listening = new Listening({ times: { deliveryMs: 1_000, quietMs: 20_000 } }).start();
  const beforeMs = listening.clock.nowMs();
  let drainedAtMs: number | null = null;
  const never = new AbortController().signal;
  void listening.hints.drained(beforeMs, never).then(() => {
    drainedAtMs = listening.clock.nowMs();
  });

  for (let second = 0; second < 60; second += 1) {
    // The last that is old comes ten seconds late.
    const isOld = second === 10;
    listening.queue.send(aMessage({ key: `${second}.md` }), isOld ? beforeMs : undefined);
    await listening.clock.advance(1_000);
  }
  await listening.stop();

  expect((drainedAtMs ?? 0) - beforeMs).toBeGreaterThanOrEqual(30_000);
  expect((drainedAtMs ?? 0) - beforeMs).toBeLessThan(45_000);
});

test("of a queue that does not answer nobody can say that it is drained", async () => {
  const listening = new Listening({ times: { deliveryMs: 0, withinMs: 60_000 } });
  listening.queue.isDown = true;
  listening.start();
  let isDrained: boolean | null = null;
  const never = new AbortController().signal;
  void listening.hints.drained(listening.clock.nowMs(), never).then((answer) => {
    isDrained = answer;
  });

  await listening.clock.advance(120_000);
  await listening.stop();

  expect(isDrained).toBe(false);
});

test("a bug in whoever listens ends the watching", async () => {
  const clock = new VirtualClock();
  const queue = new MemoryQueue(clock);
  queue.send(aMessage());
  const hints = new Listening({ clock, queue, deadLetters: null }).hints;
  const listener = {
    heard: silent,
    heardPrefix: silent,
    heardAll: () => Promise.reject(new TypeError("a bug")),
    setAside: () => Promise.resolve(),
  };
  const stop = new AbortController();
  const watching = hints.watch(listener, stop.signal).catch((error: unknown) => error);

  await clock.advance(1_000);
  stop.abort();

  expect(await watching).toBeInstanceOf(TypeError);
});
