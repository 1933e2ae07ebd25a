/** Rows of a database, found as documents and followed as they change. */
import { eventually } from "@tidemark/testing";
import { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import type { PostgresServer } from "../../servers/postgres.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";
import { untilFound, untilGone, untilSettled } from "../support/found.ts";

const testMs = 180_000;
/** Where sources say who may read what, a search says for whom it is. */
const anybody = { principals: [] };

const tablesSql = `
create table articles (
  id bigint primary key, title text not null, body text, price numeric(12, 2), readers text default 'public',
  state text not null default 'live', visits int not null default 0
);
create table notes (shelf int, place int, body text, primary key (shelf, place));
insert into articles (id, title, body) values (1, 'Ferry', 'The ferry to Hven leaves at noon.');
`;

function sourcesOf(database: DatabaseUnderTest) {
  return {
    shop: {
      kind: "postgres",
      url: database.url,
      replication: { slot: database.slot },
      tables: {
        "public.articles": {
          key: "id",
          text: "{{title}}\n\n{{body}}",
          metadata: ["price"],
          permissions: { column: "readers" },
          archived: { column: "state", in: ["archived"] },
          where: { column: "state", notIn: ["draft"] },
        },
        "public.notes": { key: ["shelf", "place"], text: "{{body}}", permissions: "public" },
      },
    },
  };
}

const article = (id: number) => `shop/public.articles/${id}`;

export function rowScenarios(
  name: string,
  start: StartDeployment,
  server: () => PostgresServer,
): void {
  describe(`rows of a database, ${name}`, () => {
    let database: DatabaseUnderTest;
    let deployment: Deployment;

    beforeAll(async () => {
      database = await DatabaseUnderTest.create(server(), tablesSql);
      deployment = await start({ sources: sourcesOf(database) });
    }, testMs);

    afterAll(async () => {
      await deployment[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    });

    test(
      "has the rows that were there before the start",
      async () => {
        const sentence = "The ferry to Hven leaves at noon.";

        const hit = await untilFound(deployment.api, article(1), sentence, anybody);

        expect(hit).toMatchObject({ source: "shop", key: "public.articles/1" });
      },
      testMs,
    );

    test(
      "finds a row that is inserted, its edit in place of it, and loses what is deleted",
      async () => {
        const { api } = deployment;
        const [first, second] = ["The bakery sells rye bread.", "The bakery sells saffron buns."];

        await database.run(
          `insert into articles (id, title, body, price) values (2, 'Bakery', '${first}', 7.50)`,
        );
        const created = await untilFound(api, article(2), first, anybody);
        await database.run(`update articles set body = '${second}' where id = 2`);
        const edited = await untilFound(api, article(2), second, anybody);
        await database.run("delete from articles where id = 2");
        await untilGone(api, article(2), second, anybody);

        expect(created.metadata).toEqual({ price: 7.5 });
        expect(edited.text).not.toContain("rye");
        expect(edited.revision.position).toBeGreaterThan(created.revision.position);
        expect((await api.why(article(2))).standing).toBe("deleted");
      },
      testMs,
    );

    test(
      "finds a row whose key changes under its new key alone, and embeds nothing for it",
      async () => {
        const { api } = deployment;
        const sentence = "Granite was carried here by the ice.";
        await database.run(`insert into notes values (1, 1, '${sentence}')`);
        await untilFound(api, "shop/public.notes/1,1", sentence, anybody);

        await database.run("update notes set place = 2 where shelf = 1 and place = 1");
        await untilFound(api, "shop/public.notes/1,2", sentence, anybody);
        await untilGone(api, "shop/public.notes/1,1", sentence, anybody);

        const { receipts } = await api.why("shop/public.notes/1,2");
        const indexed = receipts.filter(({ outcome }) => outcome === "indexed");
        expect(indexed.map(({ chunks }) => chunks)).toMatchObject([{ embedded: 0, reused: 1 }]);
      },
      testMs,
    );

    test(
      "hides a row from all but those whom its column names, and shows it again, and embeds nothing",
      async () => {
        const { api } = deployment;
        const sentence = "The salaries are paid on the twentieth.";
        await database.run(
          `insert into articles (id, title, body) values (3, 'Pay', '${sentence}')`,
        );
        await untilFound(api, article(3), sentence, anybody);

        await database.run("update articles set readers = 'group:hr' where id = 3");
        await untilGone(api, article(3), sentence, anybody);
        await untilFound(api, article(3), sentence, { principals: ["group:hr"] });
        await database.run("update articles set readers = null where id = 3");
        await untilGone(api, article(3), sentence, { principals: ["group:hr"] });
        await database.run("update articles set readers = 'public' where id = 3");
        await untilFound(api, article(3), sentence, anybody);

        const { receipts } = await api.why(article(3));
        expect(receipts.reduce((sum, { chunks }) => sum + chunks.embedded, 0)).toBe(1);
      },
      testMs,
    );

    test(
      "hides an archived row and keeps it, and loses one that no longer meets its condition",
      async () => {
        const { api } = deployment;
        const sentence = "The old tariff is void since January.";
        await database.run(
          `insert into articles (id, title, body) values (4, 'Tariff', '${sentence}')`,
        );
        await untilFound(api, article(4), sentence, anybody);

        await database.run("update articles set state = 'archived' where id = 4");
        await untilGone(api, article(4), sentence, anybody);
        const archived = await api.why(article(4));
        await database.run("update articles set state = 'live' where id = 4");
        await untilFound(api, article(4), sentence, anybody);
        await database.run("update articles set state = 'draft' where id = 4");
        await untilGone(api, article(4), sentence, anybody);

        expect(archived.standing).toBe("archived");
        expect((await api.why(article(4))).standing).toBe("deleted");
      },
      testMs,
    );

    test(
      "keeps the text of a row of which another column changes, however long the text is",
      async () => {
        const { api } = deployment;
        const sentence = "The lamp of the pier is lit at dusk.";
        // Past what is stored in the row itself, and not to be compressed to less.
        await database.run(`
          alter table articles alter column body set storage external;
          insert into articles (id, title, body, readers)
          select 5, 'Pier', '${sentence} ' || string_agg(md5(n::text), ' '), 'group:pier' from generate_series(1, 200) n`);
        await untilFound(api, article(5), sentence, { principals: ["group:pier"] });

        await database.run("update articles set readers = 'public' where id = 5");

        const hit = await untilFound(api, article(5), sentence, anybody);
        expect(hit.text).not.toContain("undefined");
      },
      testMs,
    );

    test(
      "goes on when a column is added, waits when one is gone that is mapped, and misses nothing then",
      async () => {
        const { api } = deployment;
        const [before, during, after] = [
          "Tides are highest after the full moon.",
          "The weir is opened in March.",
          "The weir is closed in May.",
        ];
        await database.run("alter table articles add column extra text default 'x'");
        await database.run(
          `insert into articles (id, title, body) values (6, 'Tides', '${before}')`,
        );
        await untilFound(api, article(6), before, anybody);

        await database.run("alter table articles rename column body to content");
        await database.run(
          `insert into articles (id, title, content) values (7, 'Weir', '${during}')`,
        );
        await eventually(
          async () => {
            const findings = await api.doctor();
            const shop = findings.find(({ check }) => check === "source shop");
            if (!shop?.detail.includes("no column body")) throw new Error(JSON.stringify(shop));
          },
          { withinMs: 60_000 },
        );
        await untilFound(api, article(6), before, anybody);
        await database.run("alter table articles rename column content to body");
        await database.run(`insert into articles (id, title, body) values (8, 'Weir', '${after}')`);

        await untilFound(api, article(7), during, anybody);
        await untilFound(api, article(8), after, anybody);
      },
      testMs,
    );

    test(
      "holds what a truncate of many rows takes away until it is confirmed, and follows what comes after",
      async () => {
        const { api } = deployment;
        const [kept, fresh] = ["Note number 7 of the shelf.", "The shelf was filled again."];
        await database.run(
          "insert into notes select 9, n, 'Note number ' || n || ' of the shelf.' from generate_series(1, 30) n",
        );
        await untilFound(api, "shop/public.notes/9,7", kept, anybody);
        await untilSettled(api, "shop");

        await database.run("truncate notes");
        await database.run(`insert into notes values (9, 1, '${fresh}')`);
        await untilFound(api, "shop/public.notes/9,1", fresh, anybody);
        const held = await eventually(
          async () => {
            const count = (await api.freshnessOf("shop")).held;
            if (count === 0) throw new Error("nothing is held");
            return count;
          },
          { withinMs: 60_000 },
        );
        await untilFound(api, "shop/public.notes/9,7", kept, anybody);
        const { applied } = await api.reconcile("shop", { confirm: held });

        await untilGone(api, "shop/public.notes/9,7", kept, anybody);
        await untilFound(api, "shop/public.notes/9,1", fresh, anybody);
        expect(applied).toBe(held);
      },
      testMs,
    );

    test(
      "misses nothing that is committed while nothing runs",
      async () => {
        const sentence = "The mill stands still on Sundays.";
        await deployment.crash(async () => {
          await database.run(
            `insert into articles (id, title, body) values (20, 'Mill', '${sentence}')`,
          );
          await database.run("delete from articles where id = 1");
        });

        await untilFound(deployment.api, article(20), sentence, anybody);
        await untilGone(deployment.api, article(1), "The ferry to Hven leaves at noon.", anybody);
      },
      testMs,
    );
  });
}
