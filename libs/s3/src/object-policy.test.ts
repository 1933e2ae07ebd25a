import {
  isArchived,
  policyOf,
  rulesDigest,
  usedTagNames,
  type PolicyRules,
} from "./object-policy.ts";

const byTags: PolicyRules = {
  tenant: { kind: "tag", tag: "tenant" },
  permissions: { kind: "tag", tag: "readers" },
  archivedClasses: ["GLACIER_IR"],
};
const fixed: PolicyRules = {
  tenant: { kind: "named", tenant: "acme" },
  permissions: { kind: "public" },
  archivedClasses: [],
};
const unknown = { kind: "unknown" };

test("only tags that decide something are used, each once", () => {
  const same = { kind: "tag", tag: "t" } as const;

  expect(usedTagNames(byTags)).toEqual(["readers", "tenant"]);
  expect(usedTagNames({ ...byTags, tenant: same, permissions: same })).toEqual(["t"]);
  expect(usedTagNames(fixed)).toEqual([]);
});

test.each([
  ["public", { kind: "public" }],
  ["group:hr", { kind: "only", principals: ["group:hr"] }],
  [" group:hr  user:ann ", { kind: "only", principals: ["group:hr", "user:ann"] }],
  ["deny", unknown],
  ["public deny", unknown],
  ["", unknown],
  [null, unknown],
  ["x".repeat(600), unknown],
])("the readers' tag %j means %j", (value, permissions) => {
  const tags = [
    ["readers", value],
    ["tenant", "acme"],
  ] as const;

  expect(policyOf(byTags, tags)).toEqual({ tenant: "acme", permissions });
});

test.each([null, "", "  "])(
  "whose it is is not said by the tag %j, so nobody reads it",
  (value) => {
    const tags = [
      ["readers", "public"],
      ["tenant", value],
    ] as const;

    expect(policyOf(byTags, tags)).toEqual({ tenant: "*", permissions: unknown });
  },
);

test("a document of every tenant has a tag that a bucket can hold", () => {
  const tags = [
    ["readers", "public"],
    ["tenant", "@all"],
  ] as const;

  expect(policyOf(byTags, tags)).toMatchObject({ tenant: "*" });
  expect(policyOf({ ...byTags, tenant: { kind: "named", tenant: "@all" } }, tags)).toMatchObject({
    tenant: "@all",
  });
});

test("without tags the configuration says it", () => {
  expect(policyOf(fixed, [])).toEqual({ tenant: "acme", permissions: { kind: "public" } });
});

test.each([
  ["STANDARD", false, false],
  ["GLACIER_IR", false, true],
  ["GLACIER", false, true],
  ["GLACIER", true, false],
  ["DEEP_ARCHIVE", false, true],
])("%s, restored %s, is archived: %s", (storageClass, isRestored, archived) => {
  expect(isArchived(byTags, { storageClass, isRestored })).toBe(archived);
});

test("rules that make another document of an object have another digest", () => {
  const digests = [
    rulesDigest(fixed, "STANDARD"),
    rulesDigest({ ...fixed, permissions: unknown as PolicyRules["permissions"] }, "STANDARD"),
    rulesDigest({ ...fixed, tenant: { kind: "named", tenant: "other" } }, "STANDARD"),
    rulesDigest({ ...fixed, archivedClasses: ["STANDARD"] }, "STANDARD"),
  ];

  expect(new Set(digests).size).toBe(4);
  expect(rulesDigest({ ...fixed, archivedClasses: ["GLACIER"] }, "STANDARD")).toBe(digests[0]);
});
