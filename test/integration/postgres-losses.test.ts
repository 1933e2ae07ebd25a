/** What the order hangs on is lost: everything is read again, in an epoch above all before. */
import type { TableRules } from "@tidemark/rows";
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { findPostgres } from "../servers/postgres.ts";
import { DatabaseLine, World } from "./support/database-line.ts";

const testMs = 180_000;
const tables: Readonly<Record<string, TableRules>> = {
  "public.items": { key: ["id"], text: "{{title}}", metadata: [] },
};
const filledSql = `create table items (id int primary key, title text, more text);
insert into items select n, 'item ' || n from generate_series(1, 100) n;`;
const item = (id: number) => `public.items/${id}`;

describeWith("a reader of a database", await findPostgres(), (server) => {
  const opened = () => DatabaseUnderTest.create(server(), filledSql);

  test(
    "whose slot is dropped reads all again, and finds what was deleted meanwhile",
    async () => {
      await using database = await opened();
      const world = new World();
      await using before = await DatabaseLine.start({ database, tables, world });
      await before.complete();
      const { epoch } = before.line;
      await before[Symbol.asyncDispose]();

      await database.dropSlot();
      await database.run(
        "delete from items where id <= 5; update items set title = 'edited' where id = 6",
      );
      await using line = await DatabaseLine.start({ database, tables, world });
      await line.complete();

      const documents = await line.documents();
      expect(line.line.epoch).toBeGreaterThan(epoch);
      expect(documents.size).toBe(95);
      expect(documents.get(item(6))?.revision.epoch).toBe(line.line.epoch);
    },
    testMs,
  );

  test(
    "whose slot is dropped under it goes on in another epoch, and misses nothing",
    async () => {
      await using database = await opened();
      await using line = await DatabaseLine.start({ database, tables });
      await line.complete();
      const { epoch } = line.line;

      await database.dropSlot();
      await database.run("insert into items values (1000, 'new')");
      await eventually(() => line.line.epoch > epoch, { withinMs: 60_000 });
      await line.complete();

      expect((await line.documents()).has(item(1000))).toBe(true);
    },
    testMs,
  );

  test(
    "holds deletes that only an absence tells of, over a restart too, until a person confirms them",
    async () => {
      await using database = await opened();
      const world = new World();
      await using first = await DatabaseLine.start({ database, tables, world });
      await first.complete();
      await database.run("truncate items; insert into items values (1, 'anew')");
      await eventually(() => first.line.held.count === 99, { withinMs: 60_000 });
      await first[Symbol.asyncDispose]();

      await using line = await DatabaseLine.start({ database, tables, world });
      await eventually(() => line.line.held.count === 99, { withinMs: 60_000 });
      expect((await line.documents()).size).toBe(100);
      const tooFew = await line.line.reconcile({ confirm: 98 });
      expect(tooFew.applied).toBe(0);
      const { applied, held } = await line.line.reconcile({ confirm: 99 });
      await line.applied();

      expect([applied, held]).toEqual([99, 0]);
      expect([...(await line.documents()).keys()]).toEqual([item(1)]);
    },
    testMs,
  );

  test(
    "that was away until its slot kept more than it may drops it, and reads all again",
    async () => {
      await using database = await opened();
      const world = new World();
      await using before = await DatabaseLine.start({ database, tables, world });
      await before.complete();
      const { epoch } = before.line;
      await before[Symbol.asyncDispose]();
      await database.run(`create table other (t text);
        insert into other select repeat(md5(n::text), 50) from generate_series(1, 20000) n;
        insert into items values (1000, 'new')`);

      await using line = await DatabaseLine.start({
        database,
        tables,
        world,
        slotBytesMax: 16 * 2 ** 20,
      });
      await eventually(() => line.line.epoch > epoch, { withinMs: 60_000 });
      await line.complete();

      expect((await line.documents()).size).toBe(101);
    },
    testMs,
  );

  test(
    "waits while another reads the slot, and says who does; and goes on when that one has ended",
    async () => {
      await using database = await opened();
      const world = new World();
      await using first = await DatabaseLine.start({ database, tables, world });
      await first.complete();

      await using second = await DatabaseLine.start({ database, tables, world });
      await eventually(() => second.line.trouble?.includes("is read by tidemark shop reader"), {
        withinMs: 60_000,
      });
      await first[Symbol.asyncDispose]();
      await database.run("insert into items values (1000, 'new')");
      await second.complete();

      expect((await second.documents()).has(item(1000))).toBe(true);
      expect(second.line.epoch).toBe(first.line.epoch);
    },
    testMs,
  );

  test(
    "whose connections the server ends connects again, and misses nothing",
    async () => {
      await using database = await opened();
      await using line = await DatabaseLine.start({ database, tables });
      await line.complete();

      for (let again = 0; again < 3; again += 1) {
        await database.rows(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tidemark shop%'",
        );
        await database.run(`insert into items values (${1_000 + again}, 'new')`);
      }
      await line.complete();

      expect((await line.documents()).size).toBe(103);
    },
    testMs,
  );

  test(
    "that is told of other tables or columns states everything by what is mapped now",
    async () => {
      await using database = await opened();
      const world = new World();
      await using before = await DatabaseLine.start({ database, tables, world });
      await before.complete();
      const earlier = await before.seen(item(7));
      await before[Symbol.asyncDispose]();

      const mapped = { "public.items": { key: ["id"], text: "{{title}}!", metadata: [] } };
      await using line = await DatabaseLine.start({ database, tables: mapped, world });
      await line.complete();

      const now = await line.seen(item(7));
      expect(now?.contentHash).not.toBe(earlier?.contentHash);
      expect(now?.revision.epoch).toBeGreaterThan(earlier?.revision.epoch ?? 0);
    },
    testMs,
  );

  test(
    "of a table that was taken out of the publication reads all again once it is back",
    async () => {
      await using database = await opened();
      await using line = await DatabaseLine.start({ database, tables });
      await line.complete();
      const { epoch } = line.line;

      await database.run(`alter publication ${database.slot} drop table items`);
      await database.run("insert into items values (1000, 'untold')");
      await eventually(() => line.line.epoch > epoch, { withinMs: 60_000 });
      await line.complete();

      expect((await line.documents()).has(item(1000))).toBe(true);
    },
    testMs,
  );

  test(
    "of a role that may not make a publication is told the SQL that does",
    async () => {
      await using database = await opened();
      const role = `r_${database.name}`;
      await database.run(`create role ${role} login replication; grant select on items to ${role}`);
      const url = new URL(database.url);
      url.username = role;
      await using line = await DatabaseLine.start({
        database: Object.assign(Object.create(database) as DatabaseUnderTest, { url: url.href }),
        tables,
      });

      await eventually(() => line.line.trouble?.includes("create publication"), {
        withinMs: 60_000,
      });
      const [, sql = ""] =
        /run (?<sql>create publication .*;)/u.exec(line.line.trouble ?? "") ?? [];
      await database.run(sql);
      await line.complete();

      expect((await line.documents()).size).toBe(100);
      await line[Symbol.asyncDispose]();
      await database.run(`drop owned by ${role}; drop role ${role}`);
    },
    testMs,
  );
});
