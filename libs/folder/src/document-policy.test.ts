import { policyByRules, policyWithFrontMatter, type DocumentPolicy } from "./document-policy.ts";

const unknown = { kind: "unknown" } as const;
const hr = { kind: "only", principals: ["group:hr"] } as const;
const byRules = policyByRules({ tenant: "*", permissions: { kind: "public" } }, [
  { match: "hr/**", permissions: hr, metadata: { area: "hr" } },
  { match: "**/old/**", archived: true },
]);
const policy: DocumentPolicy = {
  tenant: "acme",
  permissions: hr,
  archived: false,
  metadata: { area: "hr", year: 2020 },
};
const dropNothing = (field: string) => {
  throw new Error(`dropped ${field}`);
};

test("the first rule that matches gives everything", () => {
  expect(byRules("hr/old/a.md")).toMatchObject({ permissions: hr, archived: false });
  expect(byRules("x/old/a.md")).toMatchObject({ permissions: { kind: "public" }, archived: true });
  expect(byRules("x/a.md")).toMatchObject({ tenant: "*", permissions: { kind: "public" } });
});

test("a rule's digest follows what the rule gives, not where it stands", () => {
  const moved = policyByRules({ tenant: "*", permissions: { kind: "public" } }, [
    { match: "other/**" },
    { match: "hr/**", metadata: { area: "hr" }, permissions: hr },
  ]);
  const narrowed = policyByRules({ tenant: "*", permissions: unknown }, []);

  expect(moved("hr/a.md").digest).toBe(byRules("hr/a.md").digest);
  expect(narrowed("x.md").digest).not.toBe(byRules("x.md").digest);
});

test.each([
  ["public", { kind: "public" }],
  ["deny", unknown],
  ["user:ann", { kind: "only", principals: ["user:ann"] }],
  [["user:ann", "group:x"], { kind: "only", principals: ["user:ann", "group:x"] }],
  [[], { kind: "only", principals: [] }],
])("front matter says permissions: %j", (written, permissions) => {
  const merged = policyWithFrontMatter(policy, { permissions: written }, dropNothing);

  expect(merged).toEqual({ ...policy, permissions });
});

test.each([
  { permissions: 7 },
  { permissions: null },
  { permissions: { group: "hr" } },
  { permissions: [""] },
  { tenant: ["a"] },
  { tenant: "" },
  { archived: "yes" },
])("front matter whose policy cannot be read is refused: %j", (frontMatter) => {
  expect(() => policyWithFrontMatter(policy, frontMatter, dropNothing)).toThrow(
    expect.objectContaining({ name: "PoisonError", reason: "mapping-failed" }),
  );
});

test("front matter becomes metadata, field by field over the rule's", () => {
  const frontMatter = {
    title: "Setup",
    tags: ["a", "b"],
    year: 2024,
    date: new Date(0),
    metadata: { audience: "ops" },
  };

  expect(policyWithFrontMatter(policy, frontMatter, dropNothing).metadata).toEqual({
    area: "hr",
    year: 2024,
    title: "Setup",
    tags: ["a", "b"],
    date: "1970-01-01T00:00:00.000Z",
    audience: "ops",
  });
});

test("what metadata cannot hold is named and the rest is kept", () => {
  const dropped: string[] = [];
  const frontMatter = { menu: { main: 1 }, title: "T", huge: "x".repeat(5000), ["__proto__"]: 1 };

  const merged = policyWithFrontMatter(policy, frontMatter, (field) => dropped.push(field));

  expect(dropped).toEqual(["menu", "huge", "__proto__"]);
  expect(merged.metadata).toEqual({ ...policy.metadata, title: "T" });
});
