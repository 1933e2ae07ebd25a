/** A real Debezium between a real Postgres and the one process: its snapshots, restarts and signals. */
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findCapture } from "../servers/connect.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { hitOf, untilFound, untilGone } from "./support/found.ts";

const testMs = 400_000;
const anybody = { principals: [] };
const tablesSql = `
create table note (id int primary key, title text not null, body text, readers text[] default '{user:ann}', price numeric(12, 2));
create table signals (id text primary key, type text, data text);
alter table note alter column body set storage external;
insert into note (id, title, body) select at, 'Note ' || at, 'The lighthouse number ' || at || ' is lit.' from generate_series(1, 4) at;
`;
/** Long enough to be stored apart from its row. */
const long = (sentence: string) => `${sentence} ${"It is a long story. ".repeat(400)}`;
const note = (id: number) => `crm/public.note/${id}`;
const lit = (id: number) => `The lighthouse number ${id} is lit.`;

describeWith("Debezium on Kafka Connect", await findCapture(), (capture) => {
  let database: DatabaseUnderTest;
  let deployment: EmbeddedDeployment;
  const connector = { tables: ["public.note", "public.signals"], name: "first" };

  beforeAll(async () => {
    const { connect, kafka, postgres } = capture();
    database = await DatabaseUnderTest.create(postgres, tablesSql);
    await put("first");
    await connect.untilRunning(connector.name);
    deployment = await EmbeddedDeployment.start({
      sources: {
        crm: {
          kind: "debezium",
          brokers: [...kafka.brokers],
          topics: [`${database.name}.public.note`, `__debezium-heartbeat.${database.name}`],
          tables: {
            "public.note": {
              key: "id",
              text: "{{title}}\n\n{{body}}",
              metadata: ["price"],
              permissions: { column: "readers" },
              types: { price: "numeric" },
            },
          },
        },
      },
    });
  }, testMs);

  afterAll(async () => {
    await deployment[Symbol.asyncDispose]();
    for (const name of ["first", "second"]) await capture().connect.remove(name);
    await eventually(() => database[Symbol.asyncDispose](), { withinMs: 60_000 });
  });

  const put = (name: string) =>
    capture().connect.put({
      ...connector,
      name,
      database: database.url,
      prefix: database.name,
      settings: { "signal.data.collection": "public.signals" },
    });
  const ann = { principals: ["user:ann"] };

  test(
    "has the rows of the snapshot, for those who may read them",
    async () => {
      const { api } = deployment;

      await untilFound(api, note(1), lit(1), ann);
      await untilFound(api, note(4), lit(4), ann);

      expect(await hitOf(api, note(1), { ...anybody, query: lit(1) })).toBeUndefined();
    },
    testMs,
  );

  test(
    "follows changes, keys that change, texts that are left out, and deletes",
    async () => {
      const { api } = deployment;
      await database.run(`update note set body = '${long("The ferry is late.")}' where id = 1`);
      await untilFound(api, note(1), "The ferry is late.", ann);

      // The body is not sent along: it did not change.
      await database.run("update note set title = 'Timetable', price = 12.50 where id = 1");
      const hit = await eventually(
        async () => {
          const found = await hitOf(api, note(1), { ...ann, query: "The ferry is late." });
          expect(found).toMatchObject({ metadata: { price: 12.5 } });
          return found;
        },
        { withinMs: 60_000 },
      );
      expect(hit?.text).toContain("The ferry is late.");

      await database.run("update note set id = 11 where id = 1; delete from note where id = 2");
      await untilFound(api, note(11), "The ferry is late.", ann);
      await untilGone(api, note(1), "The ferry is late.", ann);
      await untilGone(api, note(2), lit(2), ann);

      await database.run("update note set readers = null where id = 3");
      await untilGone(api, note(3), lit(3), ann);
      await database.run("update note set readers = '{user:ann}' where id = 3");
      await untilFound(api, note(3), lit(3), ann);
    },
    testMs,
  );

  test(
    "loses nothing while the connector is killed, and nothing comes back with what it sends again",
    async () => {
      const { connect } = capture();
      const { api } = deployment;
      await database.run("update note set body = 'The bridge is closed.' where id = 3");
      await untilFound(api, note(3), "The bridge is closed.", ann);

      await connect.stop("killed");
      await database.run("update note set body = 'The bridge is open.' where id = 3");
      await database.run(
        "insert into note (id, title, body) values (5, 'New', 'A seal was seen.')",
      );
      await connect.resume();
      await connect.untilRunning("first");

      await untilFound(api, note(5), "A seal was seen.", ann);
      await untilFound(api, note(3), "The bridge is open.", ann);
    },
    testMs,
  );

  test(
    "an incremental snapshot changes nothing that is as it was",
    async () => {
      const { api } = deployment;
      const before = await untilFound(api, note(5), "A seal was seen.", ann);
      await database.run(
        `insert into signals values ('one', 'execute-snapshot', '{"data-collections": ["public.note"], "type": "incremental"}')`,
      );
      // It is done when a change that was made after it is there.
      await eventually(
        async () => {
          const ends = await database.rows(
            "select id from signals where type = 'snapshot-window-close'",
          );
          expect(ends).not.toEqual([]);
        },
        { withinMs: 60_000 },
      );
      await database.run("insert into note (id, title, body) values (6, 'N', 'An owl was heard.')");
      await untilFound(api, note(6), "An owl was heard.", ann);

      const after = await untilFound(api, note(5), "A seal was seen.", ann);
      expect(after).toEqual(before);
    },
    testMs,
  );

  test(
    "a new snapshot finds what nobody told of",
    async () => {
      const { connect } = capture();
      const { api } = deployment;
      await connect.remove("first");
      await database.run("delete from note where id = 5");
      await database.run("update note set body = 'The museum has a new wing.' where id = 4");
      await put("second");

      await untilFound(api, note(4), "The museum has a new wing.", ann);
      await untilGone(api, note(5), "A seal was seen.", ann);
      await untilFound(api, note(11), "The ferry is late.", ann);
      await database.run("update note set body = 'The museum is shut.' where id = 4");
      await untilFound(api, note(4), "The museum is shut.", ann);
    },
    testMs,
  );
});
