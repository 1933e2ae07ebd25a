/** A table that names documents and holds none: its rows alone tell the one process of a folder's changes. */
import { KafkaForeignTopics } from "@tidemark/kafka";
import { silentLogger } from "@tidemark/runtime";
import { eventually } from "@tidemark/testing";
import { realClock } from "../integration/support/real-clock.ts";
import { describeWith } from "../servers/available.ts";
import { findCapture } from "../servers/connect.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { TopicsUnderTest } from "../servers/topics-under-test.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { untilFound, untilGone, untilSettled } from "./support/found.ts";

const testMs = 120_000;
const table = "public.queue";
const tableSql = `create table queue (id serial primary key, path text, action text)`;
const slow = { withinMs: 30_000 };
const text = {
  lamp: "The lamp of the lighthouse is green.",
  newLamp: "The lamp of the lighthouse is red.",
  ferry: "The ferry leaves at nine.",
  newFerry: "The ferry leaves at noon.",
  seal: "A seal was seen in the harbour.",
  newOwl: "An owl was heard in the tower.",
  secret: "The harbour's safe is behind the clock.",
};

describeWith("a queue of hints in a database", await findCapture(), (capture) => {
  let database: DatabaseUnderTest;
  let topics: TopicsUnderTest;
  let deployment: EmbeddedDeployment;
  const resources = new AsyncDisposableStack();

  beforeAll(async () => {
    const { connect, kafka, postgres } = capture();
    database = await DatabaseUnderTest.create(postgres, tableSql);
    // Its slot is in use for a moment after the connector is gone.
    resources.defer(() => eventually(() => database[Symbol.asyncDispose](), { withinMs: 60_000 }));
    topics = resources.use(await TopicsUnderTest.open(kafka));
    // Debezium names its topics as the test names others'.
    const prefix = topics.nameOf("").slice(0, -1);
    const connector = connect.put({
      name: "queue",
      database: database.url,
      prefix,
      tables: [table],
    });
    resources.defer(() => connect.remove("queue"));
    const starting = EmbeddedDeployment.start({
      documents: { "lamp.md": text.lamp, "ferry.md": text.ferry, "seal.md": text.seal },
      files: { watch: false, scan: "24h" },
      secrets: { "harbour.md": text.secret },
      sources: {
        queue: {
          kind: "debezium",
          brokers: [...kafka.brokers],
          topics: [topics.nameOf(table), `__debezium-heartbeat.${prefix}`],
          hints: { [table]: { source: "files", key: "path", action: "action" } },
        },
      },
    });
    deployment = resources.use(await starting);
    await connector;
    const { api } = deployment;
    await untilFound(api, "files/lamp.md", text.lamp);
    await untilFound(api, "files/ferry.md", text.ferry);
    await untilFound(api, "files/seal.md", text.seal);
    await untilSettled(api, "files", { documents: 3 });
  }, testMs);

  afterAll(() => resources.disposeAsync(), testMs);

  const tell = (path: string | null, action: string) =>
    database.rows("insert into queue (path, action) values ($1, $2)", [path, action]);
  const manifestOf = async (key: string) => {
    const { manifest } = await deployment.api.why(`files/${key}`);
    if (!manifest) throw new Error(`nothing is known of ${key}`);
    return manifest;
  };

  test(
    "a row has the document read, be it new or changed, and a delete is gone",
    async () => {
      const { api } = deployment;
      await deployment.putFile("ferry.md", text.newFerry);
      await deployment.deleteFile("seal.md");
      await deployment.putFile("lamp.md", text.newLamp);
      await deployment.putFile("owl.md", text.newOwl);

      await tell("lamp.md", "upsert");
      await tell("ferry.md", "upsert");
      await tell("owl.md", "insert");
      await tell("seal.md", "delete");
      await untilFound(api, "files/ferry.md", text.newFerry);
      await untilFound(api, "files/lamp.md", text.newLamp);
      await untilFound(api, "files/owl.md", text.newOwl);
      await untilGone(api, "files/seal.md", text.seal);
      // A scan finds things by reconciling; with no watch, only a row tells of a change.
      await eventually(async () => {
        for (const key of ["ferry", "lamp", "owl", "seal"]) {
          const { mutations } = await api.why(`files/${key}.md`);
          expect(mutations.map(({ reason }) => reason)).toContain("change");
        }
      }, slow);
    },
    testMs,
  );

  test(
    "rows that are sent again change nothing, and those that are done with neither",
    async () => {
      const { api } = deployment;
      const keys = ["ferry.md", "lamp.md", "owl.md", "seal.md"];
      const before = await Promise.all(keys.map(manifestOf));
      await database.run("delete from queue");

      const records = await recordsOf(topics.nameOf(table));
      expect(records.length).toBeGreaterThanOrEqual(keys.length);
      await topics.write(records.map((record) => ({ ...record, topic: table })));

      const after = await eventually(async () => {
        const manifests = await Promise.all(keys.map(manifestOf));
        for (const [at, { seen }] of manifests.entries()) {
          const { position } = before[at]?.seen.revision ?? { position: Infinity };
          expect(seen.revision.position).toBeGreaterThan(position);
        }
        return manifests;
      }, slow);
      for (const [at, { failure, indexed, seen }] of after.entries()) {
        expect(failure).toBeNull();
        expect(seen.deleted).toBe(before[at]?.seen.deleted);
        expect(seen.contentHash).toBe(before[at]?.seen.contentHash);
        expect(indexed?.embeddedAt).toBe(before[at]?.indexed?.embeddedAt);
      }
      await untilFound(api, "files/ferry.md", text.newFerry);
      await untilGone(api, "files/seal.md", text.seal);
      expect(await api.deadLetters()).toEqual([]);
      // Nor is their older place taken for another database.
      const findings = await api.doctor();
      expect(findings.find(({ check }) => check === "source queue")).toMatchObject({
        verdict: "ok",
      });
    },
    testMs,
  );

  test(
    "a delete of what is still there is not believed",
    async () => {
      const { api } = deployment;
      const { revision } = (await manifestOf("lamp.md")).seen;

      await tell("lamp.md", "delete");
      await eventually(async () => {
        const { seen } = await manifestOf("lamp.md");
        expect(seen.revision.position).toBeGreaterThan(revision.position);
      }, slow);

      await untilFound(api, "files/lamp.md", text.newLamp);
    },
    testMs,
  );

  test(
    "a key that nobody has is counted, one that is none is set aside, and the rows after them count",
    async () => {
      const { api } = deployment;
      const gone = 'tidemark_receipts_total{outcome="deleted",reason="change"}';
      await untilSettled(api, "files");
      const before = await api.metric(gone);
      await tell("nowhere.md", "upsert");
      await tell("../secrets/harbour.md", "upsert");
      await tell(null, "upsert");
      await deployment.putFile("ferry.md", text.ferry);
      await tell("ferry.md", "upsert");

      await untilFound(api, "files/ferry.md", text.ferry);
      await eventually(
        async () => expect(await api.metric(gone)).toBeGreaterThanOrEqual(before + 2),
        slow,
      );
      await eventually(async () => expect(await api.deadLetters()).toHaveLength(1), slow);
      const [letter] = await api.deadLetters();
      expect(letter?.message).toContain(`${table}.path: the row names no key; write the key`);
      expect(await api.why("files/nowhere.md")).toMatchObject({
        standing: "deleted",
        manifest: { seen: { deleted: true } },
      });
      const { results } = await api.search({ query: text.secret, limit: 100 });
      expect(results.map((hit) => hit.text)).not.toContain(text.secret);
      expect(await api.isReady()).toBe(true);
    },
    testMs,
  );

  async function recordsOf(topic: string) {
    const { brokers } = capture().kafka;
    const options = { brokers, clientId: "t", clock: realClock, logger: silentLogger };
    await using foreign = new KafkaForeignTopics(options);
    const { partitions = 0 } = (await foreign.find(topic)) ?? {};
    const records = [];
    for (let partition = 0; partition < partitions; partition += 1) {
      for (let offset = 0, end = Infinity; offset < end;) {
        const places = [{ partition, offset }];
        const [read] = await foreign.fetch(topic, places, { bytesMax: 1 << 20, waitMs: 100 });
        if (!read) throw new Error(`partition ${partition} of ${topic} was not answered`);
        records.push(...read.records);
        ({ next: offset, end } = read);
      }
    }
    return records;
  }
});
