import { Client } from "pg";
import { describeWith } from "../servers/available.ts";
import { findLocalPostgres } from "../servers/postgres.ts";

describeWith("a Postgres of the tests", await findLocalPostgres(), (server) => {
  test("can be killed, set back and paused at the same address", async () => {
    const ask = async (sql: string) => {
      const client = new Client({ connectionString: server().url });
      client.on("error", () => {});
      await client.connect();
      try {
        return (await client.query<{ n: number }>(sql)).rows.map(({ n }) => n);
      } finally {
        await client.end();
      }
    };
    await ask("create table t (n int)");
    await ask("insert into t values (1)");
    await server().stop("killed");
    await server().resume();
    await server().backUp();
    await ask("insert into t values (2)");
    expect(await ask("select n from t order by n")).toEqual([1, 2]);

    await server().setBack();

    expect(await ask("select n from t order by n")).toEqual([1]);
    const asked = await server().whilePaused(async () => {
      const question = ask("select n from t");
      const first = await Promise.race([
        question,
        new Promise((done) => setTimeout(done, 200, "silence")),
      ]);
      return { first, question };
    });
    expect(asked.first).toBe("silence");
    expect(await asked.question).toEqual([1]);
  });
});
