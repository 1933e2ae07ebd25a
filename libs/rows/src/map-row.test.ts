import * as fc from "fast-check";
import { Decimal } from "./decimal.ts";
import { mapRow } from "./map-row.ts";
import { unavailable, type Row, type RowValue } from "./row.ts";
import { tableMapping, type TableRules } from "./table-mapping.ts";

const defaults = { tenant: "*", permissions: { kind: "unknown" } } as const;
const rules: TableRules = {
  key: ["id"],
  text: "{{name}}\n\n{{description}}",
  metadata: ["price", "tags"],
  tenant: { kind: "column", column: "merchant" },
  permissions: { kind: "column", column: "readers" },
  archived: { column: "status", values: ["discontinued"] },
  where: { column: "spam", values: [false] },
};
const row: Row = {
  id: 42n,
  name: "Kettle",
  description: null,
  price: new Decimal("12.50"),
  tags: ["a", "b"],
  merchant: "acme",
  readers: ["user:ann"],
  status: "sold",
  spam: false,
  stock: 3,
};
const mapping = tableMapping("public.products", rules, defaults);
const map = (changed: Row) => mapRow(mapping, { ...row, ...changed });

test("a row is a document", () => {
  expect(map({})).toMatchObject({
    kind: "document",
    key: "public.products/42",
    document: {
      body: { content: { kind: "text", text: "Kettle\n\n" }, contentType: "text/plain" },
      tenant: "acme",
      permissions: { kind: "only", principals: ["user:ann"] },
      archived: false,
      metadata: { price: 12.5, tags: ["a", "b"] },
    },
  });
});

test.each<[string, RowValue, string]>([
  ["texts", "plain", "plain"],
  ["big numbers", 9_007_199_254_740_993n, "9007199254740993"],
  ["decimals", new Decimal("1.10"), "1.10"],
  ["lists", ["a", null, 1], "a, , 1"],
  ["nested values", { a: [1n, new Decimal("2.0")] }, '{"a":["1","2.0"]}'],
  ["nothing", null, ""],
])("a text says %s without loss", (_, value, text) => {
  expect(map({ name: value })).toMatchObject({
    document: { body: { content: { text: `${text}\n\n` } } },
  });
});

test("a row outside of where is absent, whatever else is in it", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.constantFrom("*", "acme", ""), (spam, merchant) => {
      const outcome = map({ spam, merchant });

      expect(outcome.kind === "absent").toBe(spam);
      if (spam)
        expect(outcome).toEqual({ kind: "absent", key: "public.products/42", reason: "where" });
    }),
  );
});

test("a change in columns that are not mapped gives the very same outcome", () => {
  const value = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.bigInt());
  const others = fc.dictionary(
    fc.string().filter((name) => !mapping.columns.includes(name)),
    value,
  );
  fc.assert(
    fc.property(others, (unmapped) => {
      expect(map(unmapped)).toEqual(map({}));
    }),
  );
});

test("a change in the text changes its hash, and one in metadata the digest alone", () => {
  const [before, renamed, dearer] = [map({}), map({ name: "Pot" }), map({ price: 13 })].map(
    (outcome) => (outcome.kind === "document" ? outcome.document : null),
  );

  expect(renamed?.body.contentHash).not.toBe(before?.body.contentHash);
  expect(dearer?.body.contentHash).toBe(before?.body.contentHash);
  expect(dearer?.sourceDigest).not.toBe(before?.sourceDigest);
});

test("values that were not sent along are named, unless where decides without them", () => {
  expect(map({ name: unavailable, stock: unavailable })).toEqual({
    kind: "incomplete",
    key: "public.products/42",
    columns: ["name"],
  });
  expect(map({ name: unavailable, spam: true })).toMatchObject({ kind: "absent" });
  expect(map({ spam: unavailable })).toMatchObject({ kind: "incomplete", columns: ["spam"] });
});

test.each<[string, Row, string | null, string]>([
  ["a key that is null", { id: null }, null, "id"],
  ["a key that is a list", { id: [1] }, null, "id"],
  ["a key that is too long", { id: "x".repeat(4000) }, null, "id"],
  ["no tenant", { merchant: null }, "public.products/42", "merchant"],
  ["the tenant of everybody", { merchant: "*" }, "public.products/42", "merchant"],
  ["readers that are nested", { readers: { a: 1 } }, "public.products/42", "readers"],
  ["readers without end", { readers: '["a"' }, "public.products/42", "readers"],
  ["a reader without a name", { readers: ["a", ""] }, "public.products/42", "readers"],
  ["metadata that is nested", { tags: { a: 1 } }, "public.products/42", "tags"],
  ["metadata that is too long", { price: "x".repeat(5000) }, "public.products/42", "price"],
  ["a condition on what is nested", { status: { a: 1 } }, "public.products/42", "status"],
])("%s is told with its column and a fix", (_, changed, key, column) => {
  expect(map(changed)).toEqual({
    kind: "failed",
    key,
    problem: {
      table: "public.products",
      column,
      reason: expect.stringMatching(/./u) as string,
      fix: expect.stringMatching(/./u) as string,
    },
  });
});

test("a column that the table does not have is told with those it has", () => {
  const other = tableMapping("public.products", { ...rules, text: "{{title}}" }, defaults);

  expect(mapRow(other, row)).toMatchObject({
    kind: "failed",
    problem: { column: "title", fix: expect.stringContaining("name, description") as string },
  });
});

test.each<[RowValue, unknown]>([
  [null, { kind: "unknown" }],
  ["", { kind: "unknown" }],
  ["deny", { kind: "unknown" }],
  ["public", { kind: "public" }],
  ["user:ann", { kind: "only", principals: ["user:ann"] }],
  [7n, { kind: "only", principals: ["7"] }],
  [[], { kind: "only", principals: [] }],
  [["public", 7], { kind: "only", principals: ["public", "7"] }],
  ['["user:ann", "group:hr"]', { kind: "only", principals: ["user:ann", "group:hr"] }],
])("readers %j are %j", (readers, permissions) => {
  expect(map({ readers })).toMatchObject({ document: { permissions } });
});

test.each<[RowValue, readonly (string | number | boolean | null)[], boolean]>([
  [false, [false], true],
  ["f", [false], false],
  [null, [false], false],
  [null, [null], true],
  ["x", [null], false],
  [new Decimal("12.50"), [12.5], true],
  ["12.50", [12.5], true],
  ["042", [42], false],
  [42n, ["42"], true],
  [["a", "b"], ["b"], true],
  [[], ["b"], false],
])("%p is among %j: %s", (spam, values, met) => {
  const of = (isNegated: boolean) =>
    tableMapping("t.t", { ...rules, where: { column: "spam", values, isNegated } }, defaults);

  expect(mapRow(of(false), { ...row, spam }).kind).toBe(met ? "document" : "absent");
  expect(mapRow(of(true), { ...row, spam }).kind).toBe(met ? "absent" : "document");
});
