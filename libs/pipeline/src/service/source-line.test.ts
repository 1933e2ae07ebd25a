import {
  decodeHint,
  decodeMarker,
  documentId,
  heardOf,
  type ListedDocument,
} from "@tidemark/domain";
import {
  aGeneration,
  aManifest,
  aSource,
  MemoryEventLog,
  MemoryVectorIndex,
  ScriptedFaults,
  VirtualClock,
  withFaults,
} from "@tidemark/testing";
import type { DocumentSource } from "../ports/document-source.ts";
import type { SourceWatch, WatchListener } from "../ports/source-watch.ts";
import { readDeadLetters } from "../run-stage/dead-letters.ts";
import { hintsTopic, mutationsTopic, resolverGroup, restrictorGroup } from "../topics.ts";
import { Catalogue } from "./catalogue.ts";
import type { LostReport } from "./lost-events.ts";
import { SourceLine, type SourceLineOptions } from "./source-line.ts";

const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };

/** A line whose watch says what the test says, over a listing of the test's. */
class Line {
  readonly clock = new VirtualClock();
  readonly faults = new ScriptedFaults();
  readonly #log = new MemoryEventLog({ clock: this.clock });
  readonly log = withFaults(this.#log, this.faults.plan, { clock: this.clock });
  readonly index = new MemoryVectorIndex();
  readonly lost: LostReport[] = [];
  readonly stop = new AbortController();
  listed: readonly ListedDocument[] = [];
  scans = 0;
  /** Whether its watch can say that it has heard everything. */
  isDrained = true;
  listener: WatchListener | null = null;
  line: SourceLine | null = null;
  readonly #options: Partial<SourceLineOptions>;
  #running: Promise<void> = Promise.resolve();

  constructor(options: Partial<SourceLineOptions> = {}) {
    this.#options = options;
  }

  async start(): Promise<WatchListener> {
    await this.index.ensureGeneration(aGeneration, 32);
    const from: DocumentSource = {
      read: () => Promise.resolve({ kind: "gone" }),
      list: () => this.#list(),
    };
    const watch: SourceWatch = {
      watch: async (listener) => {
        this.listener = listener;
      },
      acceptRoot: () => Promise.resolve(),
      drained: () => Promise.resolve(this.isDrained),
    };
    this.line = new SourceLine({
      source: aSource,
      from,
      watch,
      log: this.log,
      index: this.index,
      catalogue: await Catalogue.load(this.#log, this.clock),
      clock: this.clock,
      chance: () => 0.5,
      logger,
      limits: { above: 10, share: 0.1 },
      scanMs: 3_600_000,
      generation: () => aGeneration,
      // Nothing is applied but what a test applies, and no scan follows but what it asks for.
      digestedTo: () => null,
      scanned: silent,
      lost: (report) => this.lost.push(report),
      ...this.#options,
    });
    this.#running = this.line.run(this.stop.signal);
    await this.clock.advance(1_000);
    if (!this.listener) throw new Error("nobody watches");
    return this.listener;
  }

  async end(): Promise<void> {
    this.stop.abort();
    await this.clock.advance(1_000);
    await this.#running;
  }

  /** Up to when its heartbeats say that hints are there for all that was heard. */
  async heartbeats() {
    const markers = (await this.#records()).flatMap(({ value }) => decodeMarker(value ?? "") ?? []);
    return markers
      .filter(({ source }) => source === heardOf(aSource))
      .map(({ completeToMs }) => completeToMs);
  }

  async hints() {
    return (await this.#records()).flatMap(({ value }) => {
      const hint = decodeHint(value ?? "");
      return "problem" in hint ? [] : [hint];
    });
  }

  async #records() {
    const ranges = await this.#log.ranges(hintsTopic);
    const records = await Promise.all(
      ranges.map(({ begin, end, partition }) =>
        this.#log.read(hintsTopic, partition, { from: begin, to: end, recordsMax: 1_000 }),
      ),
    );
    return records.flat();
  }

  async *#list(): AsyncGenerator<ListedDocument> {
    this.scans += 1;
    yield* this.listed;
  }
}

const told = (key: string) =>
  ({ key, expects: "absent", sourceTimeMs: 7, trace: "00-1-2-01" }) as const;

test("what was told is on the log when the promise resolves, as it was told", async () => {
  const line = new Line();
  const listener = await line.start();

  await listener.heardAll([told("a.md"), told("b.md")]);
  const hints = await line.hints();
  await line.end();

  expect(hints).toEqual(
    ["a.md", "b.md"].map((key) =>
      expect.objectContaining({
        documentId: documentId(aSource, key),
        expects: "absent",
        reason: "change",
        sourceTimeMs: 7,
        trace: "00-1-2-01",
      }),
    ),
  );
});

test("its heartbeats say up to when all was heard, and nothing while its watch cannot say so", async () => {
  const line = new Line();
  await line.start();

  await line.clock.advance(15_000);
  const heard = await line.heartbeats();
  line.isDrained = false;
  await line.clock.advance(60_000);
  const later = await line.heartbeats();
  await line.end();

  const nowMs = line.clock.nowMs();
  expect(heard.length).toBeGreaterThan(0);
  expect(heard.every((atMs) => atMs < nowMs)).toBe(true);
  expect(later).toEqual(heard);
});

test("a log that does not accept says so to whoever told", async () => {
  const line = new Line();
  const listener = await line.start();
  line.faults.next("append", { kind: "rejectBefore" });

  await expect(listener.heardAll([told("a.md")])).rejects.toMatchObject({ name: "TransientError" });
  await line.end();
});

test("what cannot be read becomes a dead letter that says where it came from", async () => {
  const line = new Line();
  const listener = await line.start();

  await listener.setAside([{ id: "message:m1", from: "sqs:events", problem: "no JSON" }]);
  const letters = [...(await readDeadLetters(line.log)).values()];
  await line.end();

  expect(letters).toEqual([
    expect.objectContaining({
      documentId: documentId(aSource, "message:m1"),
      topic: "sqs:events",
      reason: "unreadable-event",
      message: "no JSON",
      state: "open",
    }),
  ]);
});

test("a scan that is asked for while one runs follows it", async () => {
  const line = new Line();
  const listener = await line.start();
  expect(line.scans).toBe(1);

  listener.heardPrefix("");
  await line.clock.advance(1_000);
  await line.end();

  expect(line.scans).toBe(2);
});

/** The index has seen the key in a state, at the offset of a hint that was told before. */
async function seen(line: Line, key: string, sourceDigest: string): Promise<void> {
  const [hint] = await line.hints();
  const manifest = aManifest({
    documentId: documentId(aSource, key),
    revision: { epoch: hint?.epoch ?? 0, position: 1_000 },
    seen: { sourceDigest },
  });
  await line.index.commit(aGeneration, [{ manifest, tokenRead: null, put: [], sweep: null }], []);
}

/** As when resolver and restrictor have come to the end of the log. */
async function applyAll(line: Line): Promise<void> {
  for (const [topic, group] of [
    [hintsTopic, resolverGroup],
    [mutationsTopic, restrictorGroup(aGeneration)],
  ] as const) {
    const consumer = await line.log.consumer(topic, group);
    for (const { end, partition } of await line.log.ranges(topic)) {
      await consumer.acknowledge(partition, end);
    }
  }
}

test("the first scan of an epoch finds everything, and nothing of it is lost", async () => {
  const line = new Line();
  line.listed = [{ key: "a.md", digest: "1" }];
  await line.start();
  await line.end();

  expect(line.lost).toEqual([]);
});

test("of what a later scan finds, that is lost which no event told of", async () => {
  const line = new Line();
  line.listed = ["kept.md", "lost.md", "told.md"].map((key) => ({ key, digest: "2" }));
  const listener = await line.start();
  await seen(line, "kept.md", "2");
  await seen(line, "lost.md", "1");
  await seen(line, "gone.md", "1");
  await applyAll(line);
  await listener.heardAll([told("told.md")]);
  await applyAll(line);

  listener.heardPrefix("");
  await line.clock.advance(1_000);
  await line.end();

  expect(line.lost).toEqual([
    expect.objectContaining({ keys: ["gone.md", "lost.md"], count: 2, undecided: 0 }),
  ]);
});

test("nothing is lost of what could not be read when it was told", async () => {
  const line = new Line();
  line.listed = [{ key: "refused.md", digest: "2" }];
  const listener = await line.start();
  await seen(line, "refused.md", "1");
  await applyAll(line);
  line.line?.noteBlocked(documentId(aSource, "refused.md"), "AccessDenied");

  listener.heardPrefix("");
  await line.clock.advance(1_000);
  await line.end();

  expect(line.lost).toEqual([expect.objectContaining({ count: 0, undecided: 0 })]);
});

test.each([
  ["as its cost allows", undefined, 60],
  ["when the shortest pause is over", 20_000, 3],
])("scans follow one another %s", async (_name, scanLeastMs, scans) => {
  const line = new Line({ ...(scanLeastMs ? { scanLeastMs } : {}), digestedTo: () => 1e15 });
  await line.start();

  await line.clock.advance(58_500);
  await line.end();

  expect(line.scans).toBe(scans);
});

test("what could not be read is asked for again, less and less often, though no scan is due", async () => {
  const line = new Line({ scanLeastMs: 3_600_000, digestedTo: () => 1e15 });
  await line.start();
  const id = documentId(aSource, "busy.md");
  const asked = async () => (await line.hints()).length;
  const before = await asked();

  for (let second = 0; second < 70; second += 1) {
    line.line?.noteBlocked(id, "SlowDown");
    await line.clock.advance(1_000);
  }
  const again = (await asked()) - before;
  await line.end();

  // After 5, 15 and 35 s.
  expect(again).toBe(3);
});

test("what could not be read is not forgotten while the log does not take that it is asked for", async () => {
  const line = new Line({ scanLeastMs: 3_600_000, digestedTo: () => 1e15 });
  await line.start();
  line.line?.noteBlocked(documentId(aSource, "busy.md"), "SlowDown");
  const before = (await line.hints()).length;
  for (let at = 0; at < 10; at += 1) line.faults.next("append", { kind: "rejectBefore" });

  await line.clock.advance(6_000);
  const kept = line.line?.blocked.get("busy.md");
  await line.clock.advance(900_000);

  const asked = (await line.hints()).slice(before).map(({ documentId: id }) => id);
  await line.end();
  expect(kept).toBe("SlowDown");
  expect(asked).toEqual([documentId(aSource, "busy.md")]);
});

test("a source is in trouble while a document is read for too long, or its watch hears nothing", async () => {
  let deaf: string | null = null;
  const line = new Line({
    watch: {
      watch: async (listener) => {
        line.listener = listener;
      },
      acceptRoot: () => Promise.resolve(),
      trouble: () => deaf,
    },
  });
  await line.start();
  const told = [line.line?.trouble];

  const ended = line.line?.noteReading();
  await line.clock.advance(4_000);
  told.push(line.line?.trouble);
  await line.clock.advance(2_000);
  told.push(line.line?.trouble);
  ended?.();
  told.push(line.line?.trouble);
  deaf = "the queue is away";
  told.push(line.line?.trouble);
  await line.end();

  const silence = "it does not answer when a document is read";
  expect(told).toEqual([null, null, silence, null, deaf]);
});
