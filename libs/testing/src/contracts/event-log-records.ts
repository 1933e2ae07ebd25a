/** What is written and where it stands, and what a poll gives. */
import {
  byText,
  distinctInOrder,
  drain,
  firstPoll,
  generous,
  records,
  type WithLog,
} from "./log-reading.ts";

export function eventLogRecords(withLog: WithLog): void {
  test("records of one key share a partition and are read in the order appended", () =>
    withLog(async (log, topic) => {
      for (let round = 0; round < 10; round += 1) {
        const keys = ["a", "b", "c", "d", "e"];
        await log.append(
          topic,
          keys.map((key) => ({ key, value: `${round}` })),
        );
      }

      await using consumer = await log.consumer(topic, "group");
      const read = await drain(consumer, 50);

      for (const key of ["a", "b", "c", "d", "e"]) {
        const ofKey = read.filter((record) => record.key === key);
        expect(new Set(ofKey.map(({ partition }) => partition)).size).toBe(1);
        expect(distinctInOrder(ofKey)).toEqual(Array.from({ length: 10 }, (_, at) => `${at}`));
      }
    }));

  test("an append tells where its records stand, and offsets ascend by partition", () =>
    withLog(async (log, topic) => {
      const first = await log.append(topic, records(10));
      const second = await log.append(topic, records(10));

      await using consumer = await log.consumer(topic, "group");
      const read = await drain(consumer, 20);

      const places = read.map(({ partition, offset }) => `${partition}/${offset}`);
      const appended = [...first, ...second];
      expect(new Set(places)).toEqual(
        new Set(appended.map(({ partition, offset }) => `${partition}/${offset}`)),
      );
      expect(new Set(places).size).toBe(20);
      const { partitions } = await log.identity(topic);
      for (let at = 0; at < partitions; at += 1) {
        const offsets = appended.filter(({ partition }) => partition === at);
        expect(offsets).toEqual(offsets.toSorted((a, b) => a.offset - b.offset));
      }
    }));

  test("a record that says its key is needed no more has no value, and a place like others", () =>
    withLog(async (log, topic) => {
      const [, last] = await log.append(topic, [
        { key: "a", value: "1" },
        { key: "a", value: null },
      ]);

      await using consumer = await log.consumer(topic, "group");
      const read = await drain(consumer, 2);

      expect(distinctInOrder(read)).toEqual(["1", null]);
      expect(read.find(({ value }) => value === null)?.offset).toBe(last?.offset);
    }));

  test("a facet shares the partition of its document, and a marker goes where it is told", () =>
    withLog(async (log, topic) => {
      const { partitions } = await log.identity(topic);
      const last = partitions - 1;

      const [document, facet, marker] = await log.append(topic, [
        { key: "files/a.md", value: "1" },
        { key: "files/a.md#metadata", value: "2", partitionKey: "files/a.md" },
        { key: "marker", value: "3", partition: last },
      ]);

      expect(facet?.partition).toBe(document?.partition);
      expect(marker?.partition).toBe(last);
    }));

  test("any text may be a key or a value", () =>
    withLog(async (log, topic) => {
      const awkward = ["🌊 \u0001 \n\t\"'\\;--%", "é".repeat(500), "{}", ""];
      await log.append(
        topic,
        awkward.map((text) => ({ key: `k${text}`, value: text })),
      );

      await using consumer = await log.consumer(topic, "group");
      const read = await drain(consumer, awkward.length);

      expect(distinctInOrder(read).toSorted(byText)).toEqual(awkward.toSorted(byText));
      expect(read.every(({ key, value }) => key === `k${value}`)).toBe(true);
    }));

  test("ranges tell where each partition begins and ends", () =>
    withLog(async (log, topic) => {
      const empty = await log.ranges(topic);
      const [at] = await log.append(topic, records(10, "one key"));

      const ranges = await log.ranges(topic);

      const { partitions } = await log.identity(topic);
      expect(empty.map(({ begin, end }) => [begin, end])).toEqual(
        Array.from({ length: partitions }, () => [0, 0]),
      );
      expect(ranges.map(({ partition }) => partition)).toEqual(
        Array.from({ length: partitions }, (_, partition) => partition),
      );
      expect(ranges.find(({ partition }) => partition === at?.partition)).toEqual({
        partition: at?.partition,
        begin: 0,
        end: 10,
      });
    }));

  test("a poll is bounded by records", () =>
    withLog(async (log, topic) => {
      await log.append(topic, records(50));
      await using consumer = await log.consumer(topic, "group");

      const read = await firstPoll(consumer, { ...generous, recordsMax: 7 });

      expect(read.length).toBeLessThanOrEqual(7);
    }));

  test("a poll is bounded by bytes, and gives at least one record", () =>
    withLog(async (log, topic) => {
      const value = "x".repeat(2_000);
      const large = Array.from({ length: 20 }, (_, at) => ({ key: `k${at}`, value }));
      await log.append(topic, large);
      await using consumer = await log.consumer(topic, "group");

      const few = await firstPoll(consumer, { ...generous, bytesMax: 7_000 });
      const one = await firstPoll(consumer, { ...generous, bytesMax: 10 });

      expect(few.length).toBeLessThanOrEqual(4);
      expect(one).toHaveLength(1);
    }));

  test("a poll that is given up ends, and loses nothing", () =>
    withLog(async (log, topic) => {
      await using consumer = await log.consumer(topic, "group");
      const giveUp = new AbortController();

      const waiting = consumer.poll({ ...generous, waitMs: 60_000, signal: giveUp.signal });
      giveUp.abort();
      await Promise.allSettled([waiting]);
      await log.append(topic, records(3));

      expect(await drain(consumer, 3)).toHaveLength(3);
    }));

  test("a waiting poll ends when something arrives", () =>
    withLog(async (log, topic) => {
      await using consumer = await log.consumer(topic, "group");

      const waiting = consumer.poll({ ...generous, waitMs: 60_000 });
      await log.append(topic, records(1));

      expect(await waiting).toHaveLength(1);
    }));

  test("a topic keeps its identity", () =>
    withLog(async (log, topic) => {
      const before = await log.identity(topic);
      await log.append(topic, records(5));

      expect(await log.identity(topic)).toEqual(before);
      expect(before.partitions).toBeGreaterThanOrEqual(1);
    }));
}
