/** Snapshots beside whatever is written meanwhile: nothing missing, nothing twice, nothing stale. */
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { findPostgres } from "../servers/postgres.ts";
import { DatabaseLine, World } from "./support/database-line.ts";
import { differences, tables } from "./support/row-differences.ts";
import { RowWriters, writtenTableSql } from "./support/row-writers.ts";

const testMs = 180_000;
const filledSql = `${writtenTableSql}
insert into items select n, md5(n::text), md5(n::text) from generate_series(0, 2999) n;`;

/** Inferred deletes are not what these tests are about. */
const limits = { above: 1_000_000, share: 1 };

describeWith("a snapshot under writes", await findPostgres(), (server) => {
  const opened = () => DatabaseUnderTest.create(server(), filledSql);
  const writing = (database: DatabaseUnderTest, seed: number) =>
    RowWriters.start({ database, sessions: 4, seed, prepares: true });

  test(
    "the first, under writes of every kind, some of them open when it begins",
    async () => {
      await using database = await opened();
      await using writers = await writing(database, 1);
      await eventually(() => writers.changes > 50, { withinMs: 30_000 });

      await using line = await DatabaseLine.start({ database, tables, limits });
      await line.complete(120_000);
      const during = writers.changes;
      await eventually(() => writers.changes > during + 200, { withinMs: 60_000 });
      await writers.stop();
      await line.complete();

      expect(await differences(line, database)).toEqual([]);
    },
    testMs,
  );

  test(
    "ended in its midst again and again, each time begun in an epoch of its own",
    async () => {
      await using database = await opened();
      await using writers = await writing(database, 2);
      const world = new World();
      const epochs: number[] = [];
      for (let crash = 0; crash < 4; crash += 1) {
        await using line = await DatabaseLine.start({ database, tables, limits, world });
        const before = (await line.documents()).size;
        await eventually(
          async () => (await line.documents()).size > before || line.reports.length > 0,
          {
            withinMs: 60_000,
            everyMs: 5,
          },
        );
        epochs.push(line.line.epoch);
      }
      await using line = await DatabaseLine.start({ database, tables, limits, world });
      await line.complete(120_000);
      await writers.stop();
      await line.complete();

      expect(await differences(line, database)).toEqual([]);
      expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
    },
    testMs,
  );

  test(
    "of tables that are read again within an epoch",
    async () => {
      await using database = await opened();
      await using line = await DatabaseLine.start({ database, tables, limits });
      await line.complete();
      const { epoch } = line.line;
      await using writers = await writing(database, 3);

      for (let again = 0; again < 5; again += 1) {
        const { listed } = await line.line.reconcile({ confirm: null });
        expect(listed).toBeGreaterThan(0);
      }
      await writers.stop();
      await line.complete();

      expect(await differences(line, database)).toEqual([]);
      expect(line.line.epoch).toBe(epoch);
    },
    testMs,
  );

  test(
    "of single documents that are asked for while they change",
    async () => {
      await using database = await opened();
      await using line = await DatabaseLine.start({ database, tables, limits });
      await line.complete();
      await using writers = await writing(database, 4);

      for (let again = 0; again < 20; again += 1) {
        const ids = [...(await line.documents()).keys()].slice(again * 50, again * 50 + 50);
        await line.line.hint(
          ids.map((key) => `shop/${key}` as never),
          "reconcile",
        );
      }
      await writers.stop();
      await line.complete();

      expect(await differences(line, database)).toEqual([]);
    },
    testMs,
  );

  test(
    "waits for what is prepared and may still commit, and says so",
    async () => {
      await using database = await opened();
      await using before = await DatabaseLine.start({ database, tables, limits });
      await before.complete();
      await before[Symbol.asyncDispose]();
      const session = await database.session();
      await session.query(
        "begin; update items set title = 'prepared' where id = 7; prepare transaction 'pending'",
      );

      // The slot is there already, so that it is the snapshot that has to wait.
      await using line = await DatabaseLine.start({ database, tables, limits });
      await eventually(() => line.line.trouble?.includes("prepared transaction pending"), {
        withinMs: 60_000,
      });
      await session.query("commit prepared 'pending'");
      await session.end();
      await line.complete();

      expect(await differences(line, database)).toEqual([]);
      expect(line.line.trouble).toBeNull();
    },
    testMs,
  );
});
