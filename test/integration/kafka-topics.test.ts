/** Topics on a real Kafka: how they are made, and what happens when others change them. */
import { eventually } from "@tidemark/testing";
import { TopicSettingsError } from "@tidemark/kafka";
import { describeWith } from "../servers/available.ts";
import { findKafka } from "../servers/kafka.ts";
import { alterTopic, tidyTopics, truncate, withAdmin } from "./support/kafka-admin.ts";
import { openLog } from "./support/kafka-log.ts";

const dayMs = 24 * 3_600_000;
const topicResource = 2;
const names = [
  "cleanup.policy",
  "min.compaction.lag.ms",
  "max.compaction.lag.ms",
  "retention.ms",
  "max.message.bytes",
];

describeWith("topics on kafka", await findKafka(), (kafka) => {
  tidyTopics(kafka);

  async function settingsOf(name: string): Promise<Readonly<Record<string, string>>> {
    const { resources } = await withAdmin(kafka(), (admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: topicResource, name, configNames: names }],
      }),
    );
    return Object.fromEntries(
      resources.flatMap(({ configEntries }) =>
        configEntries.map(({ configName, configValue }) => [configName, configValue] as const),
      ),
    );
  }

  test("a topic is made at its first use, with its policy, under the prefix", async () => {
    const { log, prefix } = await openLog(kafka(), { partitions: 4 });
    await using opened = log;
    expect((await opened.identity("mutations")).partitions).toBe(4);
    expect((await opened.identity("control")).partitions).toBe(1);
    await opened.append("deadletters", [{ key: "a", value: "1" }]);
    await opened.ranges("receipts");

    expect(await settingsOf(`${prefix}mutations`)).toMatchObject({
      "cleanup.policy": "compact",
      "min.compaction.lag.ms": `${dayMs}`,
      "max.compaction.lag.ms": `${7 * dayMs}`,
      "max.message.bytes": `${20 << 20}`,
    });
    expect(await settingsOf(`${prefix}deadletters`)).toMatchObject({
      "cleanup.policy": "compact,delete",
      "retention.ms": `${28 * dayMs}`,
    });
    expect(await settingsOf(`${prefix}receipts`)).toMatchObject({
      "cleanup.policy": "delete",
      "retention.ms": `${7 * dayMs}`,
    });
  });

  test("many that need a topic at once make it once", async () => {
    const { log, prefix } = await openLog(kafka());
    await using first = log;
    await using second = (await openLog(kafka(), { prefix })).log;

    const identities = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? first : second).identity("hints")),
    );

    expect(new Set(identities.map(({ id }) => id)).size).toBe(1);
  });

  test.each(["mutations", "control"])(
    "%s that Kafka would delete from is refused, and the error says the fix",
    async (topic) => {
      const { log, prefix } = await openLog(kafka());
      await using opened = log;
      await opened.identity(topic);
      await alterTopic(kafka(), `${prefix}${topic}`, { "cleanup.policy": "compact,delete" });

      await using another = (await openLog(kafka(), { prefix })).log;
      const told: unknown = await another.identity(topic).catch((error: unknown) => error);

      expect(told).toBeInstanceOf(TopicSettingsError);
      expect(String(told)).toContain(`--entity-name ${prefix}${topic}`);
      await expect(another.append(topic, [{ key: "a", value: "1" }])).rejects.toThrow(
        TopicSettingsError,
      );
      await expect(another.consumer(topic, "group")).rejects.toThrow(TopicSettingsError);
    },
  );

  test("another number of partitions is no error, and shows", async () => {
    const { log, prefix } = await openLog(kafka(), { partitions: 2 });
    await using opened = log;
    const before = await opened.identity("mutations");

    await withAdmin(kafka(), (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: `${prefix}mutations`, count: 5 }] }),
    );

    await eventually(async () =>
      expect(await opened.identity("mutations")).toEqual({ id: before.id, partitions: 5 }),
    );
    await using asConfigured = (await openLog(kafka(), { prefix, partitions: 2 })).log;
    expect((await asConfigured.identity("mutations")).partitions).toBe(5);
  });

  test("a topic that somebody deletes and makes anew has another id at once", async () => {
    const { log, prefix } = await openLog(kafka());
    await using opened = log;
    await opened.append("mutations", [{ key: "a", value: "1" }]);
    const before = await opened.identity("mutations");

    await withAdmin(kafka(), async (admin) => {
      await admin.deleteTopics({ topics: [`${prefix}mutations`] });
    });
    const after = await eventually(() => opened.identity("mutations"));

    expect(after.id).not.toBe(before.id);
    expect(await opened.ranges("mutations")).toEqual(
      [0, 1, 2].map((partition) => ({ partition, begin: 0, end: 0 })),
    );
  });

  test("offsets of a topic that was made anew are as none", async () => {
    const { log } = await openLog(kafka(), { partitions: 1 });
    await using opened = log;
    await opened.append("hints", [{ key: "a", value: "1" }]);
    {
      await using consumer = await opened.consumer("hints", "group");
      await eventually(async () => {
        const records = await consumer.poll({ recordsMax: 9, bytesMax: 999, waitMs: 100 });
        expect(records).toHaveLength(1);
      });
      await consumer.acknowledge(0, 1);
    }
    expect(await opened.acknowledged("hints", "group")).toEqual(new Map([[0, 1]]));

    await opened.dropTopic("hints");
    await opened.append("hints", [{ key: "a", value: "2" }]);

    expect(await opened.acknowledged("hints", "group")).toEqual(new Map([[0, 0]]));
    expect(await opened.lag("hints", "group")).toBe(1);
  });

  test("what another prefix has is not seen", async () => {
    await using one = (await openLog(kafka())).log;
    await using other = (await openLog(kafka())).log;
    await one.append("hints", [{ key: "a", value: "1" }]);

    const ranges = await other.ranges("hints");

    expect(ranges.reduce((sum, { end }) => sum + end, 0)).toBe(0);
  });

  test("a bounded read begins with what is kept, and ends with the log", async () => {
    const { log, prefix } = await openLog(kafka(), { partitions: 1 });
    await using opened = log;
    const values = Array.from({ length: 20 }, (_, at) => ({ key: `k${at}`, value: `${at}` }));
    await opened.append("hints", values);
    await truncate(kafka(), `${prefix}hints`, { partition: 0, before: 5 });
    const read = async (from: number, to: number, recordsMax = 1_000) =>
      (await opened.read("hints", 0, { from, to, recordsMax })).map(({ offset }) => offset);

    expect(await read(0, 8)).toEqual([5, 6, 7]);
    expect(await read(18, 1e9)).toEqual([18, 19]);
    expect(await read(20, 1e9)).toEqual([]);
    expect(await read(500, 1e9)).toEqual([]);
    expect(await read(0, 3)).toEqual([]);
    expect(await read(0, 1e9, 2)).toEqual([5, 6]);
    expect(await opened.read("hints", 9, { from: 0, to: 9, recordsMax: 9 })).toEqual([]);
  });

  test("a document's records are found among many, its facets' too, newest first", async () => {
    await using log = (await openLog(kafka(), { partitions: 2 })).log;
    const id = "files/a.md";
    const write = (key: string, value: string) =>
      log.append("mutations", [{ key, value, partitionKey: key.replace(/#.*/u, "") }]);
    await write(id, "1");
    await write(`${id}#permissions`, "2");
    for (let round = 0; round < 4; round += 1) {
      await log.append(
        "mutations",
        Array.from({ length: 1_000 }, (_, at) => ({ key: `files/${at}.md`, value: "x" })),
      );
    }
    await write(`${id}#metadata`, "3");
    await write(id, "4");

    const found = async (recordsMax: number) => {
      const records = await log.recordsOf("mutations", id as never, recordsMax);
      return records.map(({ value }) => value);
    };

    expect(await found(10)).toEqual(["4", "3", "2", "1"]);
    expect(await found(2)).toEqual(["4", "3"]);
    expect(await log.recordsOf("mutations", "files/none" as never, 5)).toEqual([]);
  });
});
