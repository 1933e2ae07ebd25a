import { Decimal, mapRow, tableMappings, type TableRules } from "@tidemark/rows";
import { typeOfName, type ColumnType } from "./column-type.ts";
import type { DebeziumEvent, RowEvent } from "./debezium-event.ts";
import { decodeEvent } from "./decode-event.ts";
import { placeholderDefault } from "./decode-value.ts";
import { outcomeOf } from "./row-outcome.ts";
import { readSample } from "./samples.ts";

const docs: TableRules = {
  key: ["id"],
  text: "{{title}}\n\n{{body}}",
  metadata: ["price", "big", "qty", "ratio", "day", "local_ts", "tags"],
  tenant: { kind: "column", column: "tenant" },
  permissions: { kind: "public" },
};
const fullDocs: TableRules = { key: ["id"], text: "{{title}}\n\n{{body}}", metadata: [] };
const mappings = tableMappings(
  { "shop.docs": docs, "shop.full_docs": fullDocs },
  { tenant: "*", permissions: { kind: "public" } },
);
/** What JSON without schemas does not say. */
const written = {
  price: "numeric(12,2)",
  created_at: "timestamptz",
  big: "numeric",
  local_ts: "timestamp",
  day: "date",
  tod: "time",
  raw: "bytea",
  dur: "interval",
};
const docsTypes = new Map<string, ColumnType>(
  Object.entries(written).flatMap(([column, name]) => {
    const type = typeOfName(name);
    return type ? [[column, type] as const] : [];
  }),
);
const options = { placeholder: placeholderDefault, types: new Map([["shop.docs", docsTypes]]) };
const shapes = ["plain", "schemas"] as const;

function eventsOf(name: string): readonly DebeziumEvent[] {
  return readSample(name).map((record) => decodeEvent(record, options));
}

function rowsOf(name: string): readonly RowEvent[] {
  return eventsOf(name).filter((event) => event.kind === "row");
}

function outcomesOf(name: string) {
  return rowsOf(name).map((event) => outcomeOf(event, mappings));
}

describe.each(shapes)("%s records", (shape) => {
  test("a row of a snapshot is a document, and says which snapshot it is of", () => {
    const [event] = rowsOf(`${shape}-01-snapshot-read`);
    const [outcome] = outcomesOf(`${shape}-01-snapshot-read`);

    expect(event).toMatchObject({ operation: "read", snapshot: "full", table: "shop.docs" });
    expect(event?.snapshotId).toMatch(/^\d+\/\d+$/u);
    expect(outcome).toMatchObject({
      kind: "document",
      key: "shop.docs/1",
      document: {
        tenant: "acme",
        body: { content: { text: expect.stringMatching(/^Alpha guide\n\nlorem/u) as string } },
      },
    });
  });

  test("every type is decoded without loss", () => {
    const [event] = rowsOf(`${shape}-02-create-all-types`);

    const after = Object.entries(event?.after ?? {}).map(([column, value]) => [
      column,
      value instanceof Decimal ? value.text : value,
    ]);
    expect(Object.fromEntries(after)).toMatchObject({
      id: 2,
      price: "99.99",
      big: "100000000000000000000",
      qty: 7,
      ratio: 1.5,
      active: true,
      created_at: "2026-02-03T04:05:06.789Z",
      local_ts: "2026-02-03T04:05:06.789",
      day: "2026-02-03",
      tod: "04:05:06.5",
      meta: '{"lang": "en", "score": 0.5}',
      tags: ["x", "y"],
      nums: [4, 5],
      uid: "00000000-0000-4000-8000-000000000002",
      raw: String.raw`\x0102`,
      feeling: "ok",
      dur: "PT2H",
    });
  });

  test("metadata is numbers where they are exact, and texts where not", () => {
    const [outcome] = outcomesOf(`${shape}-02-create-all-types`);

    expect(outcome).toMatchObject({
      document: {
        metadata: {
          price: 99.99,
          big: 1e20,
          qty: 7,
          ratio: 1.5,
          day: "2026-02-03",
          tags: ["x", "y"],
        },
      },
    });
    expect(outcomesOf(`${shape}-01-snapshot-read`)[0]).toMatchObject({
      document: { metadata: { big: "123456789012345678901234567890.123" } },
    });
  });

  test("a text that was stored apart and did not change is not taken from the event", () => {
    expect(outcomesOf(`${shape}-03-update-toast-unchanged`)).toEqual([
      { kind: "incomplete", key: "shop.docs/2", columns: ["body"] },
    ]);
  });

  test("a text that changed is", () => {
    expect(outcomesOf(`${shape}-04-update-toast-changed`)).toMatchObject([
      {
        kind: "document",
        document: { body: { content: { text: expect.stringContaining("sit amet") as string } } },
      },
    ]);
  });

  test("another key is a delete of the old one, and a document that lacks what did not change", () => {
    const events = eventsOf(`${shape}-05-pk-change-delete-tombstone-create`);

    expect(events.map(({ kind }) => kind)).toEqual(["row", "tombstone", "row"]);
    expect(outcomesOf(`${shape}-05-pk-change-delete-tombstone-create`)).toEqual([
      { kind: "deleted", key: "shop.docs/2" },
      { kind: "incomplete", key: "shop.docs/20", columns: ["body"] },
    ]);
    expect(events[2]).toMatchObject({ operation: "create", oldKey: { id: 2 } });
  });

  test("a delete needs nothing but the key, and its tombstone is skipped", () => {
    const events = eventsOf(`${shape}-06-delete-and-tombstone`);

    expect(events.map(({ kind }) => kind)).toEqual(["row", "tombstone"]);
    expect(events[0]).toMatchObject({ operation: "delete", after: null });
    expect(outcomesOf(`${shape}-06-delete-and-tombstone`)).toEqual([
      { kind: "deleted", key: "shop.docs/20" },
    ]);
  });

  test("under full replica identity an update is whole, and a delete the same", () => {
    expect(outcomesOf(`${shape}-07-update-replica-identity-full`)).toMatchObject([
      {
        kind: "document",
        key: "shop.full_docs/1",
        document: {
          body: { content: { text: expect.stringMatching(/^Full one v2\n\ndolor/u) as string } },
        },
      },
    ]);
    expect(outcomesOf(`${shape}-08-delete-replica-identity-full`)).toEqual([
      { kind: "deleted", key: "shop.full_docs/2" },
    ]);
  });

  test("a truncate names its table and no key", () => {
    expect(eventsOf(`${shape}-09-truncate`)).toMatchObject([
      { kind: "truncate", table: "shop.full_docs", lsn: expect.any(Number) as number },
    ]);
  });

  test("what is no number and no date says so", () => {
    const [event] = rowsOf(`${shape}-10-special-values`);

    expect(event?.after).toMatchObject({
      created_at: "infinity",
      local_ts: "-infinity",
      day: "infinity",
      price: null,
    });
    // Debezium makes null of it where it sends digits and scale.
    expect(event?.after?.["big"]).toEqual(shape === "plain" ? null : new Decimal("NaN"));
  });

  test("messages, heartbeats and the bounds of transactions are no documents", () => {
    expect(eventsOf(`${shape}-11-logical-message`)).toMatchObject([
      { kind: "message", prefix: "app.sentinel" },
    ]);
    expect(eventsOf(`${shape}-12-heartbeat`)).toMatchObject([
      { kind: "heartbeat", atMs: expect.any(Number) as number },
    ]);
    expect(eventsOf(`${shape}-13-transaction-begin-end`)).toEqual([
      { kind: "transaction", status: "BEGIN" },
      { kind: "transaction", status: "END" },
    ]);
  });

  test("a column that was added changes nothing that is mapped", () => {
    const [event] = rowsOf(`${shape}-14-column-added-by-ddl`);

    expect(event?.after).toHaveProperty("lang");
    expect(outcomesOf(`${shape}-14-column-added-by-ddl`)).toMatchObject([
      { kind: "document", key: "shop.docs/5" },
    ]);
  });
});

test("a row that is read beside the changes has no LSN, and is no part of a full snapshot", () => {
  expect(rowsOf("plain-15-incremental-snapshot-read")).toMatchObject([
    { operation: "read", snapshot: "incremental", snapshotId: null, lsn: null },
  ]);
  expect(outcomesOf("plain-15-incremental-snapshot-read")).toMatchObject([
    { kind: "document", key: "shop.full_docs/1" },
  ]);
});

test("an outbox and Debezium's own signals are tables that the source does not take", () => {
  expect(outcomesOf("plain-16-outbox-and-signal")).toEqual([
    { kind: "unmapped", table: "shop.outbox" },
    { kind: "unmapped", table: "shop.signals" },
    { kind: "unmapped", table: "shop.signals" },
  ]);
});

test("both shapes of a record make the same document", () => {
  // Recorded in two runs, so what differs is what the runs wrote.
  const [plain, schemas] = shapes.map((shape) => rowsOf(`${shape}-02-create-all-types`)[0]?.after);
  const mapping = mappings.get("shop.docs");
  if (!mapping || !plain || !schemas) throw new Error("the sample is not there");

  expect(mapRow(mapping, { ...schemas, body: "b" })).toEqual(
    mapRow(mapping, { ...plain, body: "b" }),
  );
});

test.each([
  ["not json", "it is not JSON"],
  ["[]", "no JSON object"],
  ['{"id":1,"title":"flat"}', "take transforms that unwrap the envelope"],
  ['{"op":"x","source":{}}', 'its op "x" is not known'],
  ['{"op":"c","source":{"schema":"a","table":"b"}}', "it has no after"],
  ['{"op":"c"}', "no source"],
])("%s cannot be read, and says why", (value, problem) => {
  const event = decodeEvent({ key: null, value, headers: {} }, options);

  expect(event).toEqual({
    kind: "unreadable",
    problem: expect.stringContaining(problem) as string,
  });
});
