/** Members of a group on a real Kafka that share, come, go, die and sleep. */
import { OffsetOutOfRangeError, TransientError } from "@tidemark/pipeline";
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findKafka, findLocalKafka } from "../servers/kafka.ts";
import { tidyTopics, truncate, withAdmin } from "./support/kafka-admin.ts";
import { openLog, type OpenedLog } from "./support/kafka-log.ts";
import { KafkaMemberProcess } from "./support/kafka-member-process.ts";
import { Reading, slow } from "./support/reading.ts";

const topic = "hints";
const group = "resolver";
const partitions = 6;
/** Brokers allow no less where nobody says so. */
const sessionTimeoutMs = 6_000;
const testWithinMs = 300_000;

function records(count: number, value = "1") {
  return Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value }));
}

async function memberProcess(opened: OpenedLog, brokers: readonly string[]) {
  const { prefix } = opened;
  return new KafkaMemberProcess({ brokers, prefix, partitions, topic, group, sessionTimeoutMs });
}

describeWith("members of a group on kafka", await findKafka(), (kafka) => {
  tidyTopics(kafka);

  const open = (prefix?: string) =>
    openLog(kafka(), { partitions, sessionTimeoutMs, ...(prefix ? { prefix } : {}) });

  test(
    "two members share the partitions, each record comes to one, and who leaves leaves at once",
    async () => {
      const { log, prefix } = await open();
      await using first = log;
      await using second = (await open(prefix)).log;
      await using one = await first.consumer(topic, group);
      const staying = new Reading(one);
      const terms = new Map(one.held());
      const two = await second.consumer(topic, group);
      const leaving = new Reading(two);

      await staying.until(() => expect(staying.held).toHaveLength(3));
      expect(leaving.held).toHaveLength(3);
      expect(new Set([...staying.held, ...leaving.held]).size).toBe(6);
      // What is kept is kept for the same term: nothing that was known of it is void.
      for (const [partition, term] of one.held()) expect(terms.get(partition)).toBe(term);

      await first.append(topic, records(60));
      await eventually(async () => {
        await staying.poll();
        await leaving.poll();
        expect(staying.places.size + leaving.places.size).toBe(60);
      }, slow);
      expect(new Set([...staying.places, ...leaving.places]).size).toBe(60);

      await leaving.acknowledgeAll();
      const leftAtMs = performance.now();
      await two[Symbol.asyncDispose]();
      await staying.until(() => expect(staying.held).toHaveLength(6));
      // Far below the session's time-out: it was told, and did not have to find out.
      expect(performance.now() - leftAtMs).toBeLessThan(sessionTimeoutMs - 1_000);
      await first.append(topic, records(60, "2"));
      await staying.until(() => {
        const news = staying.records.filter(({ value }) => value === "2");
        expect(news).toHaveLength(60);
      });
      // What the other acknowledged did not come again.
      expect(staying.places.size).toBe(60 + staying.records.filter((r) => r.value === "1").length);
    },
    testWithinMs,
  );

  test(
    "after a member was killed another gets all it had not acknowledged",
    async () => {
      const opened = await open();
      await using log = opened.log;
      await using dying = await memberProcess(opened, kafka().brokers);
      await log.append(topic, records(60));
      await eventually(() => expect(dying.places.size).toBe(60), slow);
      const acknowledged = [...dying.places].filter((place) => place.startsWith("0/"));
      await dying.ask({ kind: "acknowledge", partition: 0, offset: acknowledged.length });

      await dying.kill();
      await using consumer = await log.consumer(topic, group);
      const heir = new Reading(consumer);

      await heir.until(() => expect(heir.places.size).toBe(60 - acknowledged.length));
      expect([...heir.places].some((place) => place.startsWith("0/"))).toBe(false);
    },
    testWithinMs,
  );

  test(
    "a member that slept cannot set back what its successor acknowledged",
    async () => {
      const opened = await open();
      await using log = opened.log;
      await using sleeper = await memberProcess(opened, kafka().brokers);
      await log.append(topic, records(60));
      await eventually(() => expect(sleeper.places.size).toBe(60), slow);
      const before = new Map(sleeper.terms);
      const counts = new Map(
        (await log.ranges(topic)).map(({ end, partition }) => [partition, end] as const),
      );

      sleeper.pause();
      await using consumer = await log.consumer(topic, group);
      const successor = new Reading(consumer);
      await successor.until(() => expect(successor.places.size).toBe(60));
      await successor.acknowledgeAll();
      // What it would say now is asked of it while it sleeps: it says so as soon as it wakes.
      const asked = [...counts.keys()].flatMap((partition) => [
        sleeper.ask({ kind: "acknowledge", partition, offset: 1 }),
        sleeper.ask({ kind: "rewind", partition, offset: 0 }),
      ]);
      sleeper.resume();

      expect(await Promise.all(asked)).toEqual(asked.map(() => null));
      expect(await log.acknowledged(topic, group)).toEqual(counts);
      // It is a member again, and knows that what it knew is void.
      await eventually(async () => {
        await successor.poll();
        expect(sleeper.terms?.size).toBe(3);
      }, slow);
      for (const [partition, term] of sleeper.terms ?? []) {
        expect(term).not.toBe(before.get(partition));
      }
      expect(await log.acknowledged(topic, group)).toEqual(counts);
    },
    testWithinMs,
  );

  test(
    "partitions that are added are read too, from their beginning",
    async () => {
      const { log, prefix } = await open();
      await using opened = log;
      await using consumer = await opened.consumer(topic, group);
      const reading = new Reading(consumer);
      await withAdmin(kafka(), (admin) =>
        admin.createPartitions({ topicPartitions: [{ topic: `${prefix}${topic}`, count: 8 }] }),
      );
      await eventually(async () => expect((await opened.identity(topic)).partitions).toBe(8));

      await opened.append(topic, [{ key: "a", value: "new", partition: 7 }]);

      await reading.until(() => expect([...reading.places]).toEqual(["7/0"]));
      expect(reading.held).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    },
    testWithinMs,
  );

  test(
    "a topic that is made anew is read from its beginning, under another term",
    async () => {
      const { log, prefix } = await open();
      await using opened = log;
      await using consumer = await opened.consumer(topic, group);
      const reading = new Reading(consumer);
      await opened.append(topic, records(30, "old"));
      await reading.until(() => expect(reading.places.size).toBe(30));
      await reading.acknowledgeAll();
      const terms = new Map(consumer.held());

      await withAdmin(kafka(), (admin) => admin.deleteTopics({ topics: [`${prefix}${topic}`] }));
      await eventually(() => opened.append(topic, records(30, "new")), slow);

      const news = () => reading.records.filter(({ value }) => value === "new");
      await eventually(async () => {
        await reading.poll().catch((error: unknown) => {
          if (!(error instanceof TransientError)) throw error;
        });
        expect(news()).toHaveLength(30);
      }, slow);
      for (const [partition, term] of consumer.held()) expect(terms.get(partition)).not.toBe(term);
      for (const offset of (await consumer.acknowledged()).values()) expect(offset).toBe(0);
    },
    testWithinMs,
  );

  test(
    "what retention takes from a member that reads is an error until somebody sets it back",
    async () => {
      const { log, prefix } = await open();
      await using opened = log;
      await using consumer = await opened.consumer(topic, group);
      const reading = new Reading(consumer);
      const [at] = await opened.append(topic, [{ key: "a", value: "1" }]);
      const partition = at?.partition ?? 0;
      await reading.until(() => expect(reading.places.size).toBe(1));
      await opened.append(
        topic,
        Array.from({ length: 9 }, () => ({ key: "a", value: "2" })),
      );
      await consumer.acknowledge(partition, 1);

      await truncate(kafka(), `${prefix}${topic}`, { partition, before: 6 });
      await consumer.rewind(partition, 2);

      const told: unknown = await eventually(async () => {
        const error: unknown = await reading.poll().then(
          () => null,
          (problem: unknown) => problem,
        );
        expect(error).not.toBeNull();
        return error;
      }, slow);
      expect(told).toBeInstanceOf(OffsetOutOfRangeError);
      expect(told).toMatchObject({ topic, partition, offset: 2, begin: 6 });
      await expect(reading.poll()).rejects.toThrow(OffsetOutOfRangeError);
      await consumer.rewind(partition, 6);
      reading.places.clear();
      await reading.until(() => expect(reading.places.size).toBe(4));
    },
    testWithinMs,
  );

  test(
    "a compacted topic has no offset that is out of range",
    async () => {
      const { log, prefix } = await open();
      await using opened = log;
      await opened.append("mutations", [
        { key: "a", value: "1", partition: 0 },
        { key: "a", value: "2", partition: 0 },
        { key: "a", value: "3", partition: 0 },
      ]);
      {
        await using consumer = await opened.consumer("mutations", group);
        const reading = new Reading(consumer);
        await reading.until(() => expect(reading.places.size).toBe(3));
        await consumer.acknowledge(0, 1);
      }
      await withAdmin(kafka(), (admin) =>
        admin.alterConfigs({
          validateOnly: false,
          resources: [
            {
              type: 2,
              name: `${prefix}mutations`,
              configEntries: [{ name: "cleanup.policy", value: "compact,delete" }],
            },
          ],
        }),
      );
      await truncate(kafka(), `${prefix}mutations`, { partition: 0, before: 2 });

      await using consumer = await opened.consumer("mutations", group);
      const reading = new Reading(consumer);

      await reading.until(() => expect([...reading.places]).toEqual(["0/2"]));
    },
    testWithinMs,
  );

  test(
    "a member that is slow to take is given no more than its buffer holds",
    async () => {
      const { log, prefix } = await openLog(kafka(), { partitions: 2 });
      await using opened = log;
      const value = "x".repeat(100_000);
      for (let round = 0; round < 10; round += 1) await opened.append(topic, records(40, value));
      const bufferBytesMax = 4 << 20;
      await using small = (await openLog(kafka(), { prefix, bufferBytesMax })).log;
      await using consumer = await small.consumer(topic, group);
      const reading = new Reading(consumer);
      await new Promise((resolve) => {
        setTimeout(resolve, 2_000);
      });

      await reading.poll();

      // One fetch may be under way when the buffer is full.
      expect(reading.records.length * value.length).toBeLessThan(bufferBytesMax + (2 << 20));
      await reading.until(() => expect(reading.places.size).toBe(400));
    },
    testWithinMs,
  );
});

describeWith("members of a group on a kafka that fails", await findLocalKafka(), (kafka) => {
  const open = () => openLog(kafka(), { partitions, sessionTimeoutMs });

  test(
    "a member reads on after the broker was killed, and what it acknowledged stays",
    async () => {
      await using log = (await open()).log;
      await using consumer = await log.consumer(topic, group);
      const reading = new Reading(consumer);
      await log.append(topic, records(60, "before"));
      await reading.until(() => expect(reading.places.size).toBe(60));
      await reading.acknowledgeAll();

      await kafka().stop("killed");
      const told: unknown = await eventually(async () => {
        const error: unknown = await reading.poll().then(
          () => null,
          (problem: unknown) => problem,
        );
        expect(error).not.toBeNull();
        return error;
      }, slow);
      await kafka().resume();

      expect(told).toBeInstanceOf(TransientError);
      expect(told).toMatchObject({ dependency: "log" });
      // An append that was answered with an error may have been written all the same: some come twice.
      await eventually(() => log.append(topic, records(60, "after")), slow);
      const news = () => reading.records.filter(({ value }) => value === "after");
      await eventually(async () => {
        await reading.poll().catch(() => undefined);
        expect(new Set(news().map(({ key }) => key)).size).toBe(60);
      }, slow);
      const before = reading.records.filter(({ value }) => value === "before");
      expect(before).toHaveLength(60);
      await eventually(async () => {
        await reading.poll();
        await reading.acknowledgeAll();
        expect(await log.lag(topic, group)).toBe(0);
      }, slow);
    },
    testWithinMs,
  );

  test(
    "a consumer that cannot join says so, and joins when it can",
    async () => {
      await using log = (await open()).log;
      await log.append(topic, records(3));
      await kafka().stop();

      const joining = log.consumer(topic, "late");
      const outcome = joining.then(
        () => null,
        (error: unknown) => error,
      );
      expect(await outcome).toBeInstanceOf(TransientError);
      await kafka().resume();

      await using consumer = await eventually(() => log.consumer(topic, "late"), slow);
      const reading = new Reading(consumer);
      await reading.until(() => expect(reading.places.size).toBe(3));
    },
    testWithinMs,
  );

  test(
    "closing is prompt while the broker hangs",
    async () => {
      await using log = (await open()).log;
      const consumer = await log.consumer(topic, "hanging");
      await new Reading(consumer).poll();

      const tookMs = await kafka().whilePaused(async () => {
        const beganAtMs = performance.now();
        await consumer[Symbol.asyncDispose]();
        return performance.now() - beganAtMs;
      });

      expect(tookMs).toBeLessThan(8_000);
    },
    testWithinMs,
  );
});
