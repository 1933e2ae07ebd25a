/** What a group has read and acknowledged: at least once, in order within a key. */
import type { LogRecord } from "@tidemark/pipeline";
import { eventually } from "../eventually.ts";
import { freshName } from "./fresh-names.ts";
import {
  byText,
  distinctInOrder,
  drain,
  generous,
  records,
  values,
  withConsumer,
  type WithLog,
} from "./log-reading.ts";

export function eventLogGroups(withLog: WithLog): void {
  test("a new group reads every record from the beginning", () =>
    withLog(async (log, topic) => {
      await log.append(topic, records(30));

      await using consumer = await log.consumer(topic, "group");
      const read = await drain(consumer, 30);

      expect(distinctInOrder(read).toSorted(byText)).toEqual(values(30));
      expect(read.every((record) => record.topic === topic)).toBe(true);
    }));

  test("what was acknowledged does not come again to a new member, and all else does", () =>
    withLog(async (log, topic) => {
      await log.append(topic, records(20, "one key"));
      const seen = await withConsumer(log, topic, async (consumer) => {
        const read = await drain(consumer, 20);
        const place = read[7];
        if (!place) throw new Error("twenty records were appended");
        await consumer.acknowledge(place.partition, place.offset);
        return place;
      });

      await using successor = await log.consumer(topic, "group");
      const again = await drain(successor, 13);

      expect(distinctInOrder(again)).toEqual(
        values(20).filter((value) => value >= (seen.value ?? "")),
      );
    }));

  test("a poll gives the next records, not the same again", () =>
    withLog(async (log, topic) => {
      await log.append(topic, records(10, "one key"));
      await using consumer = await log.consumer(topic, "group");

      const read: LogRecord[] = [];
      await eventually(async () => {
        read.push(...(await consumer.poll({ ...generous, recordsMax: 3 })));
        expect(new Set(read.map(({ value }) => value)).size).toBe(10);
      });

      expect(distinctInOrder(read)).toEqual(values(10));
    }));

  test("an acknowledged offset never goes back", () =>
    withLog(async (log, topic) => {
      const [at] = await log.append(topic, records(10, "one key"));
      const partition = at?.partition ?? 0;
      await withConsumer(log, topic, async (consumer) => {
        await drain(consumer, 10);
        await consumer.acknowledge(partition, 8);
        await consumer.acknowledge(partition, 3);

        expect((await consumer.acknowledged()).get(partition)).toBe(8);
      });
      await using successor = await log.consumer(topic, "group");
      const again = await drain(successor, 2);
      expect(again[0]?.offset).toBe(8);
    }));

  test("nothing is acknowledged at first", () =>
    withLog(async (log, topic) => {
      await log.append(topic, records(3, "one key"));
      await using consumer = await log.consumer(topic, "group");
      await drain(consumer, 3);

      const acknowledged = await consumer.acknowledged();

      expect([...acknowledged.values()].every((offset) => offset === 0)).toBe(true);
    }));

  test("groups are independent", () =>
    withLog(async (log, topic) => {
      await log.append(topic, records(5, "one key"));
      await using one = await log.consumer(topic, "one");
      const [first] = await drain(one, 5);
      await one.acknowledge(first?.partition ?? 0, 5);

      await using another = await log.consumer(topic, "another");

      expect(distinctInOrder(await drain(another, 5))).toEqual(values(5));
      expect(await log.lag(topic, "one")).toBe(0);
      expect(await log.lag(topic, "another")).toBe(5);
    }));

  test("topics are independent", () =>
    withLog(async (log, topic) => {
      await log.append(topic, records(5));
      await using consumer = await log.consumer(freshName("topic"), "group");

      expect(await consumer.poll(generous)).toEqual([]);
    }));

  test("after a rewind everything from there comes again, to a successor too", () =>
    withLog(async (log, topic) => {
      const [at] = await log.append(topic, records(10, "one key"));
      const partition = at?.partition ?? 0;
      await withConsumer(log, topic, async (consumer) => {
        await drain(consumer, 10);
        await consumer.acknowledge(partition, 10);

        await consumer.rewind(partition, 4);

        expect((await drain(consumer, 6))[0]?.offset).toBe(4);
        expect((await consumer.acknowledged()).get(partition)).toBe(4);
      });
      await using successor = await log.consumer(topic, "group");
      expect((await drain(successor, 6))[0]?.offset).toBe(4);
    }));

  test("lag counts the records that are not acknowledged", () =>
    withLog(async (log, topic) => {
      const [at] = await log.append(topic, records(10, "one key"));
      await using consumer = await log.consumer(topic, "group");
      await drain(consumer, 10);

      expect(await log.lag(topic, "group")).toBe(10);
      await consumer.acknowledge(at?.partition ?? 0, 6);
      expect(await log.lag(topic, "group")).toBe(4);
    }));

  test("a bounded read gives the records of a range, and no group moves", () =>
    withLog(async (log, topic) => {
      const [at] = await log.append(topic, records(10, "one key"));
      const partition = at?.partition ?? 0;

      const range = await log.read(topic, partition, { from: 3, to: 7, recordsMax: 100 });
      const bounded = await log.read(topic, partition, { from: 3, to: 7, recordsMax: 2 });
      const past = await log.read(topic, partition, { from: 10, to: 20, recordsMax: 5 });

      expect(range.map(({ offset }) => offset)).toEqual([3, 4, 5, 6]);
      expect(bounded.map(({ offset }) => offset)).toEqual([3, 4]);
      expect(past).toEqual([]);
      expect(await log.lag(topic, "group")).toBe(10);
    }));
}
