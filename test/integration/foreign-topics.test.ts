/** Topics that others write are read from a real Kafka, from places that are kept elsewhere. */
import { KafkaForeignTopics } from "@tidemark/kafka";
import { silentLogger } from "@tidemark/runtime";
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findKafka } from "../servers/kafka.ts";
import { TopicsUnderTest } from "../servers/topics-under-test.ts";
import { truncate } from "./support/kafka-admin.ts";
import { realClock } from "./support/real-clock.ts";

const testMs = 120_000;
const fetching = { bytesMax: 1 << 20, waitMs: 100 };

describeWith("topics of others", await findKafka(), (kafka) => {
  let written: TopicsUnderTest;
  let topics: KafkaForeignTopics;
  const resources = new AsyncDisposableStack();

  beforeAll(async () => {
    written = resources.use(await TopicsUnderTest.open(kafka()));
    const { brokers } = kafka();
    const options = { brokers, clientId: "t", clock: realClock, logger: silentLogger };
    topics = resources.use(new KafkaForeignTopics(options));
  }, testMs);

  afterAll(() => resources.disposeAsync());

  test(
    "records come with their headers, those without a key or a value too, and where to read on",
    async () => {
      const topic = await written.make("plain", 2);
      const timestampMs = Date.now() - 1_000;
      await written.write([
        {
          topic: "plain",
          key: '{"id":1}',
          value: "{}",
          headers: { a: "1", b: "ü" },
          timestampMs,
        },
        { topic: "plain", key: '{"id":1}', value: null },
        { topic: "plain", key: null, value: '{"op":"t"}', partition: 1 },
      ]);
      const places = [
        { partition: 0, offset: 0 },
        { partition: 1, offset: 0 },
      ];

      const fetched = await eventually(async () => {
        const found = await topics.fetch(topic, places, fetching);
        expect(found.flatMap(({ records }) => records)).toHaveLength(3);
        return found;
      });

      const of = (partition: number) => fetched.find((each) => each.partition === partition);
      expect(of(0)).toMatchObject({ next: 2, end: 2, begin: null });
      expect(of(0)?.records).toMatchObject([
        { key: '{"id":1}', value: "{}", headers: { a: "1", b: "ü" }, timestampMs, offset: 0 },
        { key: '{"id":1}', value: null, headers: {}, offset: 1 },
      ]);
      expect(of(1)?.records).toMatchObject([{ key: null, value: '{"op":"t"}' }]);
      expect(await topics.fetch(topic, [{ partition: 0, offset: 2 }], fetching)).toMatchObject([
        { records: [], next: 2, end: 2 },
      ]);
    },
    testMs,
  );

  test(
    "what was removed before it was read is told, with where reading goes on",
    async () => {
      const topic = await written.make("kept", 1);
      await written.write(["a", "b", "c"].map((value) => ({ topic: "kept", key: null, value })));
      await truncate(kafka(), topic, { partition: 0, before: 2 });

      const [fetched] = await topics.fetch(topic, [{ partition: 0, offset: 1 }], fetching);

      expect(fetched).toMatchObject({ records: [], next: 2, end: 3, begin: 2 });
    },
    testMs,
  );

  test(
    "a topic that is made anew has another id, and one that is not there none",
    async () => {
      expect(await topics.find(written.nameOf("none"))).toBeNull();
      const topic = await written.make("anew", 1);
      const before = await eventually(async () => {
        const found = await topics.find(topic);
        expect(found).toMatchObject({ partitions: 1 });
        return found;
      });
      await written.remove("anew");
      await eventually(() => written.make("anew", 2));

      await eventually(async () => {
        const found = await topics.find(topic);
        expect(found?.partitions).toBe(2);
        expect(found?.id).not.toBe(before?.id);
      });
    },
    testMs,
  );
});
