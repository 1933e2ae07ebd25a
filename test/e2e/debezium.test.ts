/** Debezium's recorded topics as documents, of the one process: its log is SQLite, they are on Kafka. */
import { eventually } from "@tidemark/testing";
import { readSample } from "../../libs/debezium/src/samples.ts";
import { describeWith } from "../servers/available.ts";
import { findKafka } from "../servers/kafka.ts";
import { TopicsUnderTest } from "../servers/topics-under-test.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { untilFound, untilGone } from "./support/found.ts";

const testMs = 180_000;
const nobody = { principals: [], tenant: "acme" };
const names = ["docs", "full_docs", "outbox", "signals"];
const shared = ["message", "transaction"];
const samples = [
  "01-snapshot-read",
  "02-create-all-types",
  "03-update-toast-unchanged",
  "04-update-toast-changed",
  "05-pk-change-delete-tombstone-create",
  "10-special-values",
  "11-logical-message",
  "12-heartbeat",
  "13-transaction-begin-end",
  "14-column-added-by-ddl",
];

/** A record of a sample lies in the topic of its table, whatever the run was called. */
const topicOf = (topic: string) => topic.replace(/^cdcs?\./u, "").replace(/^__.*/u, "heartbeat");

describeWith("Debezium's topics", await findKafka(), (kafka) => {
  describe.each(["plain", "schemas"])("%s records", (shape) => {
    let topics: TopicsUnderTest;
    let deployment: EmbeddedDeployment;
    const write = (name: string) =>
      topics.write(
        readSample(`${shape}-${name}`).map(({ topic, timestampMs, ...record }) => ({
          ...record,
          topic: topicOf(topic),
          timestampMs,
        })),
      );

    beforeAll(async () => {
      topics = await TopicsUnderTest.open(kafka());
      const tables = names.map((name) => `shop.${name}`);
      const made = [...tables, ...shared, "heartbeat"];
      for (const topic of made) await topics.make(topic);
      for (const name of samples) await write(name);
      deployment = await EmbeddedDeployment.start({
        sources: {
          app: {
            kind: "debezium",
            brokers: [...kafka().brokers],
            topics: made.map((topic) => topics.nameOf(topic)),
            tables: {
              "shop.docs": {
                key: "id",
                text: "{{title}}\n\n{{body}}",
                metadata: ["price", "qty"],
                tenant: "tenant",
                permissions: "public",
                types: { price: "numeric(12,2)" },
              },
              "shop.full_docs": {
                key: "id",
                text: "{{title}}\n\n{{body}}",
                permissions: "public",
                tenant: "*",
              },
            },
          },
        },
      });
    }, testMs);

    afterAll(async () => {
      await deployment[Symbol.asyncDispose]();
      await topics[Symbol.asyncDispose]();
    });

    test(
      "the rows are found, one whose key changed under its new one alone, with its text",
      async () => {
        const { api } = deployment;

        const first = await untilFound(api, "app/shop.docs/1", "Alpha guide", nobody);
        await untilFound(api, "app/shop.docs/20", "sit amet sit amet", nobody);

        expect(first).toMatchObject({ metadata: { price: expect.any(Number) as number, qty: 3 } });
        await untilGone(api, "app/shop.docs/2", "Beta guide", nobody);
      },
      testMs,
    );

    test(
      "what is deleted, updated and truncated follows, also past a restart",
      async () => {
        const { api } = deployment;
        await write("07-update-replica-identity-full");
        await untilFound(api, "app/shop.full_docs/1", "Full one v2", nobody);

        await deployment.restart(async () => {
          await write("06-delete-and-tombstone");
          await write("09-truncate");
        });

        await untilGone(deployment.api, "app/shop.docs/20", "sit amet sit amet", nobody);
        await untilGone(deployment.api, "app/shop.full_docs/1", "Full one v2", nobody);
        await untilFound(deployment.api, "app/shop.docs/1", "Alpha guide", nobody);
        await eventually(() => expect(deployment.log()).not.toContain('"dead letter"'));
      },
      testMs,
    );
  });
});
