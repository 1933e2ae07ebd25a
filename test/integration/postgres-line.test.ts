import { readDeadLetters } from "@tidemark/pipeline";
import type { TableRules } from "@tidemark/rows";
import { describeWith } from "../servers/available.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { findPostgres } from "../servers/postgres.ts";
import { DatabaseLine } from "./support/database-line.ts";

const articles: Readonly<Record<string, TableRules>> = {
  "public.articles": { key: ["id"], text: "{{title}}\n\n{{body}}", metadata: ["price"] },
};
const articlesSql = `create table articles (id bigint primary key, title text, body text, price numeric, other int)`;

describeWith("rows of a database", await findPostgres(), (server) => {
  test("those that were there, and every change of them since", async () => {
    await using database = await DatabaseUnderTest.create(server(), articlesSql);
    await database.run(
      `insert into articles select n, 'title ' || n, 'body', 1.5 from generate_series(1, 250) n`,
    );
    await using line = await DatabaseLine.start({ database, tables: articles });
    await line.complete();
    expect((await line.documents()).size).toBe(250);

    await database.run(`insert into articles values (1000, 'new', 'b', 12345678901234567890.12)`);
    await database.run(`update articles set title = 'edited' where id = 1`);
    await database.run(`delete from articles where id = 2`);
    await database.run(`update articles set id = 3000 where id = 3`);
    await line.complete();

    const documents = await line.documents();
    expect(documents.size).toBe(250);
    expect(documents.get("public.articles/1000")?.metadata).toEqual({
      price: "12345678901234567890.12",
    });
    expect(documents.has("public.articles/2")).toBe(false);
    expect(documents.has("public.articles/3")).toBe(false);
    expect(documents.has("public.articles/3000")).toBe(true);
    expect(documents.get("public.articles/1")?.revision.position).toBeGreaterThan(0);
  });

  test("one whose key is too long is a dead letter with table, column and what to do, and the rest goes on", async () => {
    const sql = "create table pages (path text primary key, body text)";
    await using database = await DatabaseUnderTest.create(server(), sql);
    const long = (letter: string) => `repeat('${letter}', 2000)`;
    await database.run(
      `insert into pages values ('a', 'first'), (${long("x")}, 'b'), (${long("y")}, 'b')`,
    );
    const tables = { "public.pages": { key: ["path"], text: "{{body}}", metadata: [] } };
    await using line = await DatabaseLine.start({ database, tables });
    await line.complete();

    await database.run(`insert into pages values (${long("z")}, 'b')`);
    await database.run(`delete from pages where path = ${long("x")}`);
    await database.run("insert into pages values ('b', 'second')");
    await line.complete();

    const letters = [...(await readDeadLetters(line.world.log)).values()];
    expect(letters.map(({ topic }) => topic)).toEqual(["public.pages", "public.pages"]);
    expect(new Set(letters.map(({ message }) => message.split(": ")[0]))).toEqual(
      new Set(["2 rows, such as public.pages.path", "public.pages.path"]),
    );
    expect(letters[0]?.message).toMatch(/the key is too long to be stored; choose a key of \d+/u);
    expect([...(await line.documents()).keys()].toSorted()).toEqual([
      "public.pages/a",
      "public.pages/b",
    ]);
    expect(line.reports).toHaveLength(1);
  });
});
