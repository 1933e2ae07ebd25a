import { decodeHint, type SourceName } from "@tidemark/domain";
import {
  aGeneration,
  MemoryEventLog,
  MemoryVectorIndex,
  ScriptedFaults,
  VirtualClock,
  withFaults,
} from "@tidemark/testing";
import { hintsTopic } from "../topics.ts";
import { HintPublisher } from "./hint-publisher.ts";

const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };
const files = "files" as SourceName;

async function aPublisher() {
  const clock = new VirtualClock();
  const faults = new ScriptedFaults();
  const memory = new MemoryEventLog({ clock });
  const index = new MemoryVectorIndex();
  await index.ensureGeneration(aGeneration, 3);
  const publisher = new HintPublisher({
    source: files,
    log: withFaults(memory, faults.plan, { clock }),
    index,
    clock,
    chance: () => 0.5,
    logger,
    generation: () => aGeneration,
    epoch: () => 1,
    announced: silent,
    scanDue: silent,
  });
  const stop = new AbortController();
  const running = publisher.run(stop.signal);
  const hinted = async () => {
    const ranges = await memory.ranges(hintsTopic);
    const records = await Promise.all(
      ranges.map(({ begin, end, partition }) =>
        memory.read(hintsTopic, partition, { from: begin, to: end, recordsMax: 100 }),
      ),
    );
    return records.flat().flatMap(({ value }) => {
      const hint = decodeHint(value ?? "");
      return "problem" in hint ? [] : [hint.documentId];
    });
  };
  const end = async () => {
    stop.abort();
    await clock.advance(1_000);
    await running;
  };
  return { clock, end, faults, hinted, publisher, signal: stop.signal };
}

test("what was heard is on the log when it is said to be published, though the log refused it", async () => {
  const { clock, end, faults, hinted, publisher, signal } = await aPublisher();
  await clock.advance(100);
  publisher.listener.heard("a.md", "present");
  faults.next("append", { kind: "rejectBefore" });

  const seen = publisher.published(clock.nowMs(), signal).then(hinted);
  await clock.advance(10_000);

  expect(await seen).toEqual(["files/a.md"]);
  await end();
});

test("what makes no hint is not said to be published, until a scan that began after it", async () => {
  const { clock, end, publisher, signal } = await aPublisher();
  const scannedAtMs = clock.nowMs();
  await clock.advance(1_000);
  publisher.listener.heardPrefix("");
  await clock.advance(1_000);

  const before = publisher.published(scannedAtMs, signal);
  await clock.advance(1_000);
  const after = publisher.published(clock.nowMs(), signal);
  await clock.advance(1_000);

  expect(await before).toBe(false);
  expect(await after).toBe(true);
  await end();
});
