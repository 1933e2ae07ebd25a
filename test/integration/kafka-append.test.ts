/** What is appended to a real Kafka, under load, beside others and while it fails. */
import { setTimeout as sleep } from "node:timers/promises";
import { PoisonError, TransientError, type Appended, type EventLog } from "@tidemark/pipeline";
import { eventually } from "@tidemark/testing";
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { describeWith } from "../servers/available.ts";
import { findKafka, findLocalKafka } from "../servers/kafka.ts";
import { alterTopic, tidyTopics, withAdmin } from "./support/kafka-admin.ts";
import { openLog } from "./support/kafka-log.ts";

const testWithinMs = 300_000;
const all = { from: 0, to: Number.MAX_SAFE_INTEGER, recordsMax: 1e9 };

/** Every record of a topic: where it stands, and what it says. */
async function storedIn(log: EventLog, topic: string): Promise<Map<string, string | null>> {
  const stored = new Map<string, string | null>();
  for (const { partition } of await log.ranges(topic)) {
    for (const { offset, value } of await log.read(topic, partition, all)) {
      stored.set(`${partition}/${offset}`, value);
    }
  }
  return stored;
}

const placeOf = ({ offset, partition }: Appended) => `${partition}/${offset}`;

describeWith("appending to kafka", await findKafka(), (kafka) => {
  tidyTopics(kafka);

  test(
    "of 500 sends at once, of two processes, what was acknowledged is what is stored",
    async () => {
      const { log, prefix } = await openLog(kafka(), { partitions: 6 });
      await using first = log;
      await using second = (await openLog(kafka(), { prefix, partitions: 6 })).log;

      const sends = Array.from({ length: 500 }, async (_, at) => {
        const values = Array.from({ length: 1 + (at % 4) }, (__, part) => `${at}.${part}`);
        const sender = at % 2 === 0 ? first : second;
        const appended = await sender.append(
          "hints",
          values.map((value) => ({ key: `k${at % 37}`, value })),
        );
        return appended.map((place, part) => [placeOf(place), values[part]] as const);
      });
      const acknowledged = new Map((await Promise.all(sends)).flat());

      expect(acknowledged.size).toBe(1_250);
      expect(await storedIn(first, "hints")).toEqual(acknowledged);
    },
    testWithinMs,
  );

  test(
    "calls for one key keep their order, however many are under way",
    async () => {
      await using log = (await openLog(kafka(), { partitions: 3 })).log;

      await Promise.all(
        Array.from({ length: 300 }, (_, at) => log.append("hints", [{ key: "a", value: `${at}` }])),
      );

      const values = [...(await storedIn(log, "hints")).values()];
      expect(values).toEqual(Array.from({ length: 300 }, (_, at) => `${at}`));
    },
    testWithinMs,
  );

  test(
    "other programs that write with the key meet the same partition",
    async () => {
      const { log, prefix } = await openLog(kafka(), { partitions: 7 });
      await using opened = log;
      const keys = Array.from({ length: 50 }, (_, at) => `files/é${at}.md`);
      const ours = await opened.append(
        "hints",
        keys.map((key) => ({ key, value: "ours" })),
      );

      const client = new Kafka({ brokers: [...kafka().brokers], logLevel: logLevel.NOTHING });
      const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      const messages = keys.map((key) => ({ key, value: "theirs" }));
      await producer.send({ topic: `${prefix}hints`, messages });
      await producer.disconnect();

      for (const [at, key] of keys.entries()) {
        const partition = ours[at]?.partition ?? -1;
        const records = await opened.read("hints", partition, all);
        const values = records.filter((record) => record.key === key).map(({ value }) => value);
        expect(values).toEqual(["ours", "theirs"]);
      }
    },
    testWithinMs,
  );

  test(
    "the trace context travels in a header",
    async () => {
      const { log, prefix } = await openLog(kafka(), { partitions: 1 });
      await using opened = log;
      const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

      await opened.append("hints", [
        { key: "a", value: "1", trace },
        { key: "b", value: "2" },
      ]);

      const client = new Kafka({ brokers: [...kafka().brokers], logLevel: logLevel.NOTHING });
      const consumer = client.consumer({ groupId: `${prefix}headers`, maxWaitTimeInMs: 100 });
      const headers = new Map<string, string | undefined>();
      await consumer.connect();
      await consumer.subscribe({ topic: `${prefix}hints`, fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ message }) => {
          headers.set(message.key?.toString() ?? "", message.headers?.["traceparent"]?.toString());
        },
      });
      await eventually(() => expect(headers.size).toBe(2), { withinMs: 120_000 });
      await consumer.disconnect();
      expect([...headers]).toEqual([
        ["a", trace],
        ["b", undefined],
      ]);
    },
    testWithinMs,
  );

  test(
    "a record that the topic does not take is refused, and what came with it is not",
    async () => {
      const { log, prefix } = await openLog(kafka(), { partitions: 1 });
      await using opened = log;
      await opened.identity("hints");
      await alterTopic(kafka(), `${prefix}hints`, { "max.message.bytes": "50000" });
      await using fresh = (await openLog(kafka(), { prefix })).log;

      const outcomes = await Promise.allSettled([
        fresh.append("hints", [{ key: "a", value: "small" }]),
        fresh.append("hints", [{ key: "b", value: "x".repeat(60_000) }]),
        fresh.append("hints", [{ key: "c", value: "small" }]),
      ]);

      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      const refused = outcomes[1];
      const reason: unknown = refused?.status === "rejected" ? refused.reason : null;
      expect(reason).toBeInstanceOf(PoisonError);
      expect(reason).toMatchObject({ reason: "size-limit" });
      expect((await storedIn(fresh, "hints")).size).toBe(2);
    },
    testWithinMs,
  );

  test(
    "a bound that was lowered while we ran is noticed, and only what is above it is refused",
    async () => {
      const { log, prefix } = await openLog(kafka(), { partitions: 1 });
      await using opened = log;
      await opened.append("hints", [{ key: "a", value: "x".repeat(60_000) }]);
      await alterTopic(kafka(), `${prefix}hints`, { "max.message.bytes": "50000" });

      const patiently = (value: string) =>
        eventually(async () => {
          try {
            return await opened.append("hints", [{ key: "a", value }]);
          } catch (error) {
            if (error instanceof TransientError) throw error;
            return error;
          }
        });

      expect(await patiently("x".repeat(60_000))).toBeInstanceOf(PoisonError);
      expect(await patiently("x".repeat(40_000))).toHaveLength(1);
    },
    testWithinMs,
  );

  test(
    "a call larger than any batch is stored whole and in order, and so is one of 16 MiB",
    async () => {
      await using log = (await openLog(kafka(), { partitions: 1 })).log;
      const parts = Array.from({ length: 45 }, (_, at) => ({
        key: "a",
        value: String(at).padEnd(512 << 10, "x"),
      }));

      const appended = await log.append("chunks.g1", parts);
      await log.append("chunks.g1", [{ key: "b", value: "y".repeat(16 << 20) }]);

      expect(appended.map(({ offset }) => offset)).toEqual(parts.map((_, at) => at));
      const read = await log.read("chunks.g1", 0, all);
      expect(read.map(({ value }) => Number.parseInt(value ?? "", 10))).toEqual([
        ...parts.map((_, at) => at),
        Number.NaN,
      ]);
      expect(read.at(-1)?.value).toHaveLength(16 << 20);
    },
    testWithinMs,
  );

  test(
    "a partition that is not there is an error that may pass, and nothing is stored",
    async () => {
      await using log = (await openLog(kafka(), { partitions: 2 })).log;

      const appended = log.append("hints", [
        { key: "a", value: "1" },
        { key: "b", value: "2", partition: 2 },
      ]);

      await expect(appended).rejects.toThrow(TransientError);
      await expect(appended).rejects.toThrow("no partition 2");
      expect((await storedIn(log, "hints")).size).toBe(0);
    },
    testWithinMs,
  );

  test(
    "keys follow the partitions that are added, and markers reach all of them",
    async () => {
      const { log, prefix } = await openLog(kafka(), { partitions: 2 });
      await using opened = log;
      await opened.append("hints", [{ key: "a", value: "before" }]);
      await withAdmin(kafka(), (admin) =>
        admin.createPartitions({ topicPartitions: [{ topic: `${prefix}hints`, count: 9 }] }),
      );

      const { partitions } = await eventually(async () => {
        const identity = await opened.identity("hints");
        expect(identity.partitions).toBe(9);
        return identity;
      });
      const markers = await opened.append(
        "hints",
        Array.from({ length: partitions }, (_, partition) => ({
          key: "marker",
          value: `${partition}`,
          partition,
        })),
      );

      expect(markers.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      expect((await storedIn(opened, "hints")).size).toBe(10);
    },
    testWithinMs,
  );

  test(
    "a topic that somebody deletes is made anew by the next append, and none is lost in between",
    async () => {
      const { log, prefix } = await openLog(kafka(), { partitions: 2 });
      await using opened = log;
      await opened.append("hints", [{ key: "a", value: "before" }]);
      const before = await opened.identity("hints");
      await withAdmin(kafka(), (admin) => admin.deleteTopics({ topics: [`${prefix}hints`] }));

      const acknowledged = await eventually(() =>
        opened.append("hints", [{ key: "a", value: "after" }]),
      );

      expect((await opened.identity("hints")).id).not.toBe(before.id);
      expect([...(await storedIn(opened, "hints"))]).toEqual([
        [placeOf(acknowledged[0] ?? { partition: -1, offset: -1 }), "after"],
      ]);
    },
    testWithinMs,
  );

  test(
    "more than may be under way waits, and is stored all the same",
    async () => {
      await using log = (await openLog(kafka(), { partitions: 2 })).log;
      const value = "x".repeat(3 << 20);

      const appended = await Promise.all(
        Array.from({ length: 40 }, (_, at) => log.append("hints", [{ key: `k${at}`, value }])),
      );

      expect(new Set(appended.flat().map(placeOf)).size).toBe(40);
      const ranges = await log.ranges("hints");
      expect(ranges.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBe(40);
    },
    testWithinMs,
  );
});

describeWith("a kafka that fails while it is appended to", await findLocalKafka(), (kafka) => {
  test(
    "what was acknowledged is stored, over a crash of the broker",
    async () => {
      await using log = (await openLog(kafka(), { partitions: 3 })).log;
      await log.append("hints", [{ key: "first", value: "first" }]);
      const acknowledged = new Map<string, string>();
      let failures = 0;
      const stop = new AbortController();
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let at = 0; !stop.signal.aborted; at += 1) {
          const value = `${writer}.${at}`;
          try {
            const [place] = await log.append("hints", [{ key: `k${writer}`, value }]);
            if (place) acknowledged.set(placeOf(place), value);
          } catch (error) {
            if (!(error instanceof TransientError)) throw error;
            failures += 1;
            await sleep(50);
          }
        }
      });

      await eventually(() => expect(acknowledged.size).toBeGreaterThan(200), {
        withinMs: 120_000,
      });
      await kafka().stop("killed");
      await kafka().resume();
      const soFar = acknowledged.size;
      await eventually(() => expect(acknowledged.size).toBeGreaterThan(soFar + 200), {
        withinMs: 120_000,
      });
      stop.abort();
      await Promise.all(writers);

      const stored = await storedIn(log, "hints");
      for (const [place, value] of acknowledged) expect(stored.get(place)).toBe(value);
      // What failed may have been stored, once for each failure at most.
      expect(stored.size).toBeGreaterThan(acknowledged.size);
      expect(stored.size).toBeLessThanOrEqual(acknowledged.size + failures + 1);
    },
    testWithinMs,
  );

  test(
    "an append to a broker that hangs for a while goes through when it moves again",
    async () => {
      await using log = (await openLog(kafka(), { partitions: 1 })).log;
      await log.append("hints", [{ key: "a", value: "before" }]);

      const waiting = await kafka().whilePaused(async () => {
        const appended = log.append("hints", [{ key: "a", value: "while it hangs" }]);
        const isDone = await Promise.race([appended.then(() => true), sleep(3_000, false)]);
        return { appended, isDone };
      });

      expect(waiting.isDone).toBe(false);
      expect(await waiting.appended).toHaveLength(1);
      expect([...(await storedIn(log, "hints")).values()]).toEqual(["before", "while it hangs"]);
    },
    testWithinMs,
  );

  test(
    "an append to a broker that hangs for long is given up, and repeats nothing on its own",
    async () => {
      await using log = (await openLog(kafka(), { partitions: 1 })).log;
      await log.append("hints", [{ key: "a", value: "before" }]);

      const given = await kafka().whilePaused(() =>
        log.append("hints", [{ key: "a", value: "given up" }]).catch((error: unknown) => error),
      );

      expect(given).toBeInstanceOf(TransientError);
      await eventually(() => log.append("hints", [{ key: "a", value: "after" }]), {
        withinMs: 120_000,
      });
      const values = [...(await storedIn(log, "hints")).values()];
      expect(values.filter((value) => value === "given up").length).toBeLessThanOrEqual(1);
      expect(values.filter((value) => value === "after")).toHaveLength(1);
    },
    testWithinMs,
  );

  test(
    "a cluster that was lost as a whole is written to again, under other ids",
    async () => {
      await using log = (await openLog(kafka(), { partitions: 2 })).log;
      await log.append("hints", [{ key: "a", value: "before" }]);
      const before = await log.identity("hints");

      await kafka().wipe();
      await eventually(() => log.append("hints", [{ key: "a", value: "after" }]), {
        withinMs: 120_000,
      });

      expect((await log.identity("hints")).id).not.toBe(before.id);
      expect([...(await storedIn(log, "hints")).values()]).toEqual(["after"]);
    },
    testWithinMs,
  );
});
