import { tableMapping } from "@tidemark/rows";
import { changeOutcomes, type ChangeOutcome } from "./change-outcomes.ts";
import type { Tuple } from "./replication-event.ts";

const mapping = tableMapping(
  "public.articles",
  {
    key: ["id"],
    text: "{{title}} {{body}}",
    metadata: [],
    where: { column: "state", values: ["live"] },
  },
  { tenant: "*", permissions: { kind: "public" } },
);
const columns = ["id", "title", "body", "state", "other"].map((name) => ({
  name,
  typeOid: name === "id" ? 20 : 25,
}));

const outcomesOf = (
  { after, before }: { readonly before: Tuple | null; readonly after: Tuple | null },
  known = columns,
): readonly ChangeOutcome[] => {
  const relation = { table: "public.articles", columns: known };
  return changeOutcomes(mapping, new Map(), { kind: "change", lsn: 1, relation, before, after });
};
const row = (changed: Tuple = {}): Tuple => ({
  id: "1",
  title: "Ferry",
  body: "It leaves at noon.",
  state: "live",
  other: null,
  ...changed,
});
/** Of an identity that is the key alone, every other column is null. */
const keyOnly = (id: string): Tuple => ({ id, title: null, body: null, state: null, other: null });

const tooLong = "9".repeat(2_000);

const told = (outcomes: readonly ChangeOutcome[]) =>
  outcomes.map((outcome) => {
    switch (outcome.kind) {
      case "stated":
        return `${outcome.outcome.kind} ${outcome.key}`;
      case "reread":
        return `reread ${outcome.key} ${outcome.texts.join()}`;
      case "gone":
        return `gone ${outcome.key}`;
      case "unkeyed":
      case "lost":
        return outcome.kind;
    }
  });

test.each<[string, Tuple | null, Tuple | null, readonly string[]]>([
  ["an insert", null, row(), ["document public.articles/1"]],
  ["an update", null, row({ title: "Boat" }), ["document public.articles/1"]],
  ["an update under full identity", row(), row({ title: "Boat" }), ["document public.articles/1"]],
  [
    "an update of another key",
    keyOnly("1"),
    row({ id: "2" }),
    ["gone public.articles/1", "document public.articles/2"],
  ],
  ["a delete", keyOnly("1"), null, ["gone public.articles/1"]],
  ["a delete under full identity", row(), null, ["gone public.articles/1"]],
  ["TOAST that did not change", null, row({ body: undefined }), ["reread public.articles/1 1"]],
  [
    "TOAST of a column that is not mapped",
    null,
    row({ other: undefined }),
    ["document public.articles/1"],
  ],
  [
    "another key, and TOAST that did not change",
    keyOnly("1"),
    row({ id: "2", body: undefined }),
    ["gone public.articles/1", "reread public.articles/2 2"],
  ],
  ["a row that stops matching", null, row({ state: "draft" }), ["absent public.articles/1"]],
  ["a row whose key is too long", null, row({ id: tooLong }), ["unkeyed"]],
  ["a delete of one whose key is too long", keyOnly(tooLong), null, []],
  [
    "another key that is too long",
    keyOnly("1"),
    row({ id: tooLong }),
    ["gone public.articles/1", "unkeyed"],
  ],
  ["a delete that does not carry the key", { ...keyOnly("1"), id: null }, null, ["lost"]],
])("what is told by %s", (_, before, after, expected) => {
  expect(told(outcomesOf({ before, after }))).toEqual(expected);
});

test("a row of a time when a mapped column was not there is read", () => {
  const earlier = columns.filter(({ name }) => name !== "body");

  expect(told(outcomesOf({ before: null, after: row() }, earlier))).toEqual([
    "reread public.articles/1 1",
  ]);
});

test("a row of a time when the key was called otherwise is nobody's", () => {
  const earlier = columns.map((each) => (each.name === "id" ? { ...each, name: "number" } : each));

  expect(told(outcomesOf({ before: null, after: row() }, earlier))).toEqual(["lost"]);
});
