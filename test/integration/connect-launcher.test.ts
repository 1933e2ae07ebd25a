import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findCapture } from "../servers/connect.ts";

const slow = { withinMs: 120_000, everyMs: 100 };

describeWith("Debezium of the tests", await findCapture(), (capture) => {
  test("rows come as events, and go on coming after the worker was killed", async () => {
    const { connect, kafka, postgres } = capture();
    const database = new Client({ connectionString: postgres.url });
    database.on("error", () => {});
    await database.connect();
    await database.query("create table note (id int primary key, body text)");
    await database.query("insert into note values (1, 'before')");
    const client = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });
    const consumer = client.consumer({ groupId: "launcher" });
    const seen: string[] = [];

    await connect.put({
      name: "notes",
      database: postgres.url,
      prefix: "cdc",
      tables: ["public.note"],
    });
    await eventually(async () => {
      const admin = client.admin();
      await admin.connect();
      const topics = await admin.listTopics();
      await admin.disconnect();
      expect(topics).toContain("cdc.public.note");
    }, slow);
    await consumer.connect();
    await consumer.subscribe({ topic: "cdc.public.note", fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const event = JSON.parse(message.value?.toString() ?? "null") as {
          readonly after: { readonly body: string };
        };
        seen.push(event.after.body);
      },
    });
    await eventually(async () => expect(seen).toEqual(["before"]), slow);
    await connect.stop("killed");
    await database.query("insert into note values (2, 'meanwhile')");
    await connect.resume();
    await connect.untilRunning("notes");
    await database.query("insert into note values (3, 'after')");

    await eventually(async () => {
      // One that was killed before it noted its place takes its snapshot again.
      expect(new Set(seen)).toEqual(new Set(["before", "meanwhile", "after"]));
    }, slow);
    await consumer.disconnect();
    await connect.remove("notes");
    await database.end();
  }, 300_000);
});
