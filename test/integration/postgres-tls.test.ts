/** The way to a database: encrypted, and to nobody else than whom the URL names. */
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { findSecurePostgres } from "../servers/postgres-secure.ts";
import { DatabaseLine } from "./support/database-line.ts";

const tables = { "public.notes": { key: ["id"], text: "{{body}}", metadata: [] } };
const notesSql = `create table notes (id int primary key, body text); insert into notes values (1, 'a')`;
const slow = { withinMs: 60_000 };
const testMs = 240_000;
const modes = ["require", "verify-ca", "verify-full"] as const;

describeWith(
  "a Postgres with a certificate of its own CA",
  await findSecurePostgres(),
  (server) => {
    let database: DatabaseUnderTest;

    beforeAll(async () => {
      database = await DatabaseUnderTest.create(server(), notesSql);
    });

    afterAll(() => database[Symbol.asyncDispose]());

    const start = (host: string, settings: Readonly<Record<string, string>>) => {
      const url = new URL(database.url);
      url.hostname = host;
      for (const [name, value] of Object.entries(settings)) url.searchParams.set(name, value);
      return DatabaseLine.start({ database: { slot: database.slot, url: url.href }, tables });
    };

    test.each(modes)(
      "is read by sslmode=%s where its CA is named, all of it encrypted",
      async (sslmode) => {
        await using line = await start("localhost", { sslmode, sslrootcert: server().caFile });

        await line.complete();

        const sessions = await database.rows<{ readonly what: string; readonly ssl: boolean }>(
          `select a.application_name as what, s.ssl from pg_stat_ssl s join pg_stat_activity a using (pid)
       where a.application_name like 'tidemark shop %'`,
        );
        expect(sessions.length).toBeGreaterThanOrEqual(4);
        expect(sessions.filter(({ ssl }) => !ssl)).toEqual([]);
        expect((await line.documents()).size).toBe(1);
      },
    );

    test.each([
      ["its CA is not known", "localhost", {}, /self-signed|unable to (?:get|verify)/u],
      [
        "it is called otherwise than in the URL",
        "127.0.0.1",
        { ca: true },
        /IP: 127\.0\.0\.1 is not/u,
      ],
    ] as const)(
      "is not read when %s, whatever the mode, and says why",
      async (_why, host, of, trouble) => {
        for (const sslmode of modes) {
          const ca = "ca" in of ? { sslrootcert: server().caFile } : {};
          await using line = await start(host, { sslmode, ...ca });

          await eventually(async () => expect(line.line.trouble).toMatch(trouble), slow);

          expect((await line.documents()).size).toBe(0);
        }
      },
      testMs,
    );
  },
);
