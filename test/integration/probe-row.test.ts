/** A probe's row on a real Postgres: made or changed by its key, and never over anybody else's. */
import { randomBytes } from "node:crypto";
import { probeSentence } from "@tidemark/domain";
import { RowProbe, type RowProbeOptions } from "@tidemark/postgres";
import { loadConfig } from "@tidemark/runtime";
import { tableMapping, type TableRules } from "@tidemark/rows";
import { readRepository } from "../deploy/compose-file.ts";
import { describeWith } from "../servers/available.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { findPostgres } from "../servers/postgres.ts";
import { DatabaseLine } from "./support/database-line.ts";

const products: TableRules = { key: ["id"], text: "{{name}}\n\n{{about}}", metadata: [] };
const productsSql = `create table products (id bigint generated always as identity primary key, name text not null, about text)`;
const never = new AbortController().signal;
const sentence = (round: number) => probeSentence("shop", round, round);

function probeAt(
  { url }: Pick<DatabaseUnderTest, "url">,
  given: Partial<RowProbeOptions> & { readonly rules?: TableRules; readonly table?: string } = {},
) {
  const { rules = products, table = "public.products", ...rest } = given;
  const mapping = tableMapping(table, rules, { tenant: "*", permissions: { kind: "public" } });
  const row = { id: 0, name: "Probe" };
  return new RowProbe({ url, source: "shop", mapping, column: "about", row, ...rest });
}

describeWith("a row of a database", await findPostgres(), (server) => {
  test("is a document of its source by the very key, and each write changes it", async () => {
    await using database = await DatabaseUnderTest.create(server(), productsSql);
    await using line = await DatabaseLine.start({
      database,
      tables: { "public.products": products },
    });
    const probe = probeAt(database);

    await probe.write(sentence(1), never);
    await line.complete();
    const first = (await line.documents()).get(probe.key);
    await probe.write(sentence(2), never);
    await line.complete();
    const second = (await line.documents()).get(probe.key);

    expect(probe.key).toBe("public.products/0");
    expect(first?.contentHash).toBeDefined();
    expect(second?.contentHash).not.toBe(first?.contentHash);
    expect(await database.rows("select id, name, about from products")).toEqual([
      { id: "0", name: "Probe", about: sentence(2) },
    ]);
  });

  test("has its tenant and its readers, by a key of several columns", async () => {
    const sql = `create table notes (shop text, id int, body varchar(400), readers text[], primary key (shop, id))`;
    await using database = await DatabaseUnderTest.create(server(), sql);
    const rules = {
      key: ["shop", "id"],
      text: "{{body}}",
      metadata: [],
      tenant: { kind: "column", column: "shop" },
      permissions: { kind: "column", column: "readers" },
    } as const;
    const row = { shop: "a,b", id: 7, readers: ["tidemark:probe", 'with "quotes"'] };
    await using line = await DatabaseLine.start({ database, tables: { "public.notes": rules } });
    const probe = probeAt(database, { column: "body", row, rules, table: "public.notes" });

    await probe.write(sentence(1), never);
    await probe.write(sentence(2), never);
    await line.complete();

    expect((await line.documents()).get(probe.key)?.policy).toEqual({
      tenant: "a,b",
      permissions: { kind: "only", principals: ["tidemark:probe", 'with "quotes"'] },
    });
  });

  test.each(["'Storm lantern'", "null", "''"])(
    "is left alone when it is somebody else's, with a text of %s",
    async (about) => {
      await using database = await DatabaseUnderTest.create(server(), productsSql);
      await database.run(
        `insert into products overriding system value values (0, 'Ours', ${about})`,
      );

      await expect(probeAt(database).write(sentence(1), never)).rejects.toThrow(/left alone/u);
      await probeAt(database).delete(never);

      expect(await database.rows("select name from products")).toEqual([{ name: "Ours" }]);
    },
  );

  test("a role that may only read is told what to grant", async () => {
    await using database = await DatabaseUnderTest.create(server(), productsSql);
    const role = `${database.name}_reader`;
    await database.run(
      `create role ${role} login password 'reader'; grant select on products to ${role}`,
    );
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = "reader";

      const write = probeAt({ url: url.href }).write(sentence(1), never);

      await expect(write).rejects.toThrow(
        "grant select, insert, update, delete on public.products",
      );
    } finally {
      await database.run(`drop owned by ${role}; drop role ${role}`);
    }
  });

  test("in the sample database of docker-compose.yml it is written as its config says, by its role", async () => {
    // Roles are of the whole server.
    const role = `tidemark_${randomBytes(4).toString("hex")}`;
    const shop = readRepository("deploy/compose/postgres/shop.sql");
    const sql = shop.replaceAll(/\btidemark\b(?=[ ;])/gu, role);
    await using database = await DatabaseUnderTest.create(server(), sql);
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = "development-only";
      const { config } = loadConfig({
        files: [{ name: "t.yaml", text: readRepository("deploy/compose/tidemark.yaml") }],
        environment: { SHOP_DATABASE_URL: "postgres://a@localhost/a" },
        readFile: () => "",
      });
      const source = config.sources["shop"];
      if (source?.kind !== "postgres" || !source.probe) throw new Error("it has a probe");
      const { column, row, table } = source.probe;
      const rules = source.tables[table];
      if (!rules) throw new Error("its table is mapped");

      const probe = probeAt({ url: url.href }, { column, row, rules, table });
      await probe.write(sentence(1), never);

      const probed = `select name, status from products where description = $1`;
      expect(await database.rows(probed, [sentence(1)])).toEqual([
        { name: "Probe", status: "sold" },
      ]);
      await probe.delete(never);
      expect(await database.rows(probed, [sentence(1)])).toEqual([]);
    } finally {
      await database.run(`drop owned by ${role}; drop role ${role}`);
    }
  });

  test("what the table asks for and the row does not have is told", async () => {
    await using database = await DatabaseUnderTest.create(server(), productsSql);

    const write = probeAt(database, { row: { id: 0 } }).write(sentence(1), never);

    await expect(write).rejects.toThrow('null value in column "name"');
  });

  test("a row that somebody holds is given up for when that is said", async () => {
    await using database = await DatabaseUnderTest.create(server(), productsSql);
    const probe = probeAt(database);
    await probe.write(sentence(1), never);
    const holder = await database.session();
    try {
      await holder.query("begin; update products set name = 'held' where id = 0");

      const write = probe.write(sentence(2), AbortSignal.timeout(300));

      await expect(write).rejects.toThrow(/does not answer/u);
    } finally {
      await holder.end();
    }
  });
});
