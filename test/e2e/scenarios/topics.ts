/** Debezium's recorded topics, found as documents and followed past a restart. */
import { eventually } from "@tidemark/testing";
import { readSample } from "../../../libs/debezium/src/samples.ts";
import type { KafkaServer } from "../../servers/kafka.ts";
import { TopicsUnderTest } from "../../servers/topics-under-test.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";
import { untilFound, untilGone } from "../support/found.ts";

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

export interface TopicScenarioOptions {
  readonly kafka: () => Pick<KafkaServer, "brokers">;
  /** Whether the log is elsewhere. */
  readonly isOwnKafka: boolean;
  readonly shapes: readonly ("plain" | "schemas")[];
}

export function topicScenarios(
  name: string,
  start: StartDeployment,
  { isOwnKafka, kafka, shapes }: TopicScenarioOptions,
): void {
  describe.each(shapes)(`%s records, ${name}`, (shape) => {
    let topics: TopicsUnderTest;
    let deployment: Deployment;
    const resources = new AsyncDisposableStack();
    const write = (sample: string) =>
      topics.write(
        readSample(`${shape}-${sample}`).map(({ topic, timestampMs, ...record }) => ({
          ...record,
          topic: topicOf(topic),
          timestampMs,
        })),
      );

    beforeAll(async () => {
      topics = resources.use(await TopicsUnderTest.open(kafka()));
      const tables = names.map((table) => `shop.${table}`);
      const made = [...tables, ...shared, "heartbeat"];
      for (const topic of made) await topics.make(topic);
      for (const sample of samples) await write(sample);
      deployment = resources.use(
        await start({
          sources: {
            app: {
              kind: "debezium",
              ...(isOwnKafka && { brokers: [...kafka().brokers] }),
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
        }),
      );
    }, testMs);

    afterAll(() => resources.disposeAsync());

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
}
