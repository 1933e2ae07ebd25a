import { tableMappings } from "@tidemark/rows";
import { EventFold } from "./fold-events.ts";
import type { ReplicationEvent, Tuple } from "./replication-event.ts";

const mappings = tableMappings(
  { "public.articles": { key: ["id"], text: "{{title}}", metadata: [] } },
  { tenant: "*", permissions: { kind: "public" } },
);
const columns = [
  { name: "id", typeOid: 20 },
  { name: "title", typeOid: 25 },
];
const begin: ReplicationEvent = { kind: "begin", xid: 7, committedAtMs: 1_000 };
const commit = (endLsn: number): ReplicationEvent => ({ kind: "commit", endLsn });
const change = (lsn: number, after: Tuple | null, table = "public.articles"): ReplicationEvent => ({
  kind: "change",
  lsn,
  relation: { table, columns },
  before: after === null ? { id: "1", title: null } : null,
  after,
});
const keepalive = (endLsn: number): ReplicationEvent => ({
  kind: "keepalive",
  endLsn,
  isReplyWanted: false,
});
const fold = () => new EventFold(mappings, new Map());

test("of several changes of a row in a batch the last is stated, at its own place", () => {
  const { news } = fold().fold([
    begin,
    change(10, { id: "1", title: "a" }),
    change(20, { id: "1", title: "b" }),
    change(30, { id: "2", title: "c" }),
    commit(40),
  ]);

  expect([...news].map(([key, { position }]) => [key, position])).toEqual([
    ["public.articles/1", 20],
    ["public.articles/2", 30],
  ]);
  expect([...news.values()][0]).toMatchObject({ xid: 7, committedAtMs: 1_000 });
});

test("a row that is deleted and inserted again in a batch is there", () => {
  const { news } = fold().fold([
    begin,
    change(10, null),
    change(20, { id: "1", title: "again" }),
    commit(30),
  ]);

  expect(news.get("public.articles/1")).toMatchObject({
    position: 20,
    outcome: { kind: "document" },
  });
});

test("nothing is done before its transaction has ended, whatever the server says meanwhile", () => {
  const stream = fold();

  const first = stream.fold([begin, change(10, { id: "1", title: "a" }), keepalive(99)]);
  const second = stream.fold([change(20, { id: "2", title: "b" }), commit(40), keepalive(50)]);

  expect(first.endLsn).toBeNull();
  expect(second.endLsn).toBe(50);
  expect([...second.news.values()][0]).toMatchObject({ xid: 7 });
});

test("an idle server's place is where everything is done", () => {
  expect(fold().fold([keepalive(70)]).endLsn).toBe(70);
});

test("tables that are not mapped say nothing, whether changed or truncated", () => {
  const { news, truncated } = fold().fold([
    begin,
    change(10, { id: "1", title: "a" }, "public.others"),
    { kind: "truncate", lsn: 20, tables: ["public.others", "public.articles"] },
    commit(30),
  ]);

  expect(news.size).toBe(0);
  expect(truncated).toEqual([{ table: "public.articles", position: 20 }]);
});

test("our own messages are watermarks, and those of others are not", () => {
  const message = (prefix: string, lsn: number): ReplicationEvent => ({
    kind: "message",
    lsn,
    prefix,
    content: "id",
  });

  const { watermarks } = fold().fold([
    begin,
    message("other", 10),
    message("tidemark", 20),
    commit(30),
    begin,
    message("tidemark", 40),
  ]);

  expect(watermarks).toEqual([{ id: "id", lsn: 20, endLsn: 30 }]);
});
