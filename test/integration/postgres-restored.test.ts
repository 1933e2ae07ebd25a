/** A server that is set back, replaced, or that has no room for what a reader still needs. */
import type { TableRules } from "@tidemark/rows";
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { findLocalPostgres } from "../servers/postgres.ts";
import { DatabaseLine, World } from "./support/database-line.ts";

const testMs = 180_000;
const tables: Readonly<Record<string, TableRules>> = {
  "public.items": { key: ["id"], text: "{{title}}", metadata: [] },
};
const filledSql = `create table items (id int primary key, title text);
insert into items select n, 'item ' || n from generate_series(1, 50) n;`;
/** Past a segment of WAL, and again. */
const muchWalSql = `create table if not exists other (t text);
insert into other select repeat(md5(n::text), 50) from generate_series(1, 30000) n;`;
const limits = { above: 1_000, share: 1 };

const settings = { wal_keep_size: 0, max_wal_size: "32MB", min_wal_size: "32MB" };

describeWith("a reader whose server", await findLocalPostgres(settings), (server) => {
  const opened = () => DatabaseUnderTest.create(server(), filledSql);
  const titles = async (line: DatabaseLine) => {
    const documents = await line.documents();
    return [...documents.keys()].length;
  };

  test(
    "is set back to an earlier state, with its slot, sees what is there now and nothing of what was lost",
    async () => {
      await using database = await opened();
      const world = new World();
      await using before = await DatabaseLine.start({ database, tables, limits, world });
      await before.complete();
      await before[Symbol.asyncDispose]();
      await server().backUp();
      await using lost = await DatabaseLine.start({ database, tables, limits, world });
      await database.run(
        "insert into items values (1000, 'lost'); update items set title = 'lost' where id = 1",
      );
      await lost.complete();
      const { epoch } = lost.line;
      // Until it has written down how far it came.
      await eventually(() => lost.confirmedPast(1000), { withinMs: 60_000, everyMs: 200 });
      await lost[Symbol.asyncDispose]();

      await server().setBack();
      // Past where the other history ended, so that no place tells the two apart.
      await database.run(muchWalSql);
      await database.run("update items set title = 'kept' where id = 2");
      await using line = await DatabaseLine.start({ database, tables, limits, world });
      await eventually(() => line.line.epoch > epoch, { withinMs: 60_000 });
      await line.complete();

      expect(await titles(line)).toBe(50);
      expect((await line.documents()).has("public.items/1000")).toBe(false);
      expect((await line.seen("public.items/1"))?.revision.epoch).toBe(line.line.epoch);
    },
    testMs,
  );

  test(
    "no longer has the WAL that it needs reads all again",
    async () => {
      await using database = await opened();
      const world = new World();
      await using before = await DatabaseLine.start({ database, tables, limits, world });
      await before.complete();
      const { epoch } = before.line;
      await before[Symbol.asyncDispose]();
      await server().restart({ max_slot_wal_keep_size: "16MB" });
      await database.run("delete from items where id = 1");
      await eventually(
        async () => {
          await database.run(muchWalSql);
          await database.run("checkpoint");
          const [slot] = await database.rows<{ status: string }>(
            "select wal_status as status from pg_replication_slots where slot_name = $1",
            [database.slot],
          );
          if (slot?.status !== "lost") throw new Error(`the slot is ${slot?.status}`);
        },
        { withinMs: 90_000 },
      );

      await using line = await DatabaseLine.start({ database, tables, limits, world });
      await line.complete(90_000);

      expect(line.line.epoch).toBeGreaterThan(epoch);
      expect(await titles(line)).toBe(49);
    },
    testMs,
  );

  test(
    "crashes and comes back goes on in the same epoch, and misses nothing",
    async () => {
      await using database = await opened();
      await using line = await DatabaseLine.start({ database, tables, limits });
      await line.complete();
      const { epoch } = line.line;

      await database.run("insert into items values (1000, 'before')");
      await server().stop("killed");
      await server().resume();
      await database.run("insert into items values (1001, 'after')");
      await line.complete(90_000);

      expect(line.line.epoch).toBe(epoch);
      expect(await titles(line)).toBe(52);
    },
    testMs,
  );

  test(
    "answers nothing for a while goes on when it does, and can be left meanwhile",
    async () => {
      await using database = await opened();
      const world = new World();
      await using left = await DatabaseLine.start({ database, tables, limits, world });
      await left.complete();

      await server().whilePaused(() => left[Symbol.asyncDispose]());
      await database.run("insert into items values (1000, 'later')");
      await using line = await DatabaseLine.start({ database, tables, limits, world });
      await line.complete();

      expect(await titles(line)).toBe(51);
    },
    testMs,
  );

  test(
    "is stopped in order is not kept from it",
    async () => {
      await using database = await opened();
      await using line = await DatabaseLine.start({ database, tables, limits });
      await line.complete();
      await database.run("insert into items values (1000, 'before')");

      const beganAtMs = performance.now();
      await server().restart();
      const tookMs = performance.now() - beganAtMs;
      await line.complete(90_000);

      // It would be killed after 20 s.
      expect(tookMs).toBeLessThan(20_000);
      expect(await titles(line)).toBe(51);
    },
    testMs,
  );
});
