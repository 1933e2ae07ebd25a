import { aKey, aServer, bearing } from "../test-server.ts";

const keys = [
  aKey("one", { tenants: ["acme"] }),
  aKey("two", { tenants: ["acme", "globex"] }),
  aKey("ann", { principals: ["user:ann", "group:hr"] }),
  aKey("shop", { sources: ["shop"] }),
  aKey("all", {}),
];

async function search(key: string, body: object) {
  const { app, operations } = aServer({ keys });
  const answer = await app.inject({
    method: "POST",
    url: "/v1/search",
    headers: bearing(key),
    payload: { query: "a", ...body },
  });
  const { code } = answer.json<{ code?: string }>();
  return { code, asked: operations.searches[0] };
}

test.each([
  ["all", {}, null],
  ["all", { tenant: "acme" }, "acme"],
  ["one", {}, "acme"],
  ["one", { tenant: "acme" }, "acme"],
  ["two", {}, null],
  ["two", { tenant: "globex" }, "globex"],
])("key %s with %j asks as the tenant %j", async (key, body, tenant) => {
  expect((await search(key, body)).asked?.tenant).toBe(tenant);
});

test.each([
  ["one", { tenant: "globex" }, "tenant-not-allowed"],
  ["one", { tenant: "*" }, "tenant-not-allowed"],
  ["ann", { principals: ["user:bob"] }, "principal-not-allowed"],
  ["ann", { principals: ["user:ann", "user:bob"] }, "principal-not-allowed"],
  ["shop", { sources: ["app"] }, "source-not-allowed"],
])("key %s with %j is refused", async (key, body, code) => {
  const found = await search(key, body);

  expect(found).toEqual({ code, asked: undefined });
});

test("fixed principals and sources are asked as when none are named", async () => {
  expect((await search("ann", {})).asked?.principals).toEqual(["user:ann", "group:hr"]);
  expect((await search("ann", { principals: [] })).asked?.principals).toEqual([]);
  expect((await search("shop", {})).asked?.sources).toEqual(["shop"]);
  expect((await search("all", {})).asked).toMatchObject({ principals: null, sources: null });
});

const url = "/v1/sources/app/documents/a";

async function put(key: string, payload: object) {
  const { app, operations } = aServer({ keys });
  const answer = await app.inject({ method: "PUT", url, headers: bearing(key), payload });
  const { code } = answer.json<{ code?: string }>();
  return { code, tenant: operations.puts[0]?.[0]?.tenant };
}

test("a key limited to tenants writes as one of them, never as the source's default", async () => {
  expect(await put("one", { content: "a" })).toEqual({ tenant: "acme" });
  expect(await put("two", { content: "a", tenant: "globex" })).toEqual({ tenant: "globex" });
  expect(await put("two", { content: "a" })).toEqual({ code: "tenant-required" });
  expect(await put("one", { content: "a", tenant: "*" })).toEqual({ code: "tenant-not-allowed" });
  expect(await put("all", { content: "a" })).toEqual({ tenant: null });
  expect(await put("shop", { content: "a" })).toEqual({ code: "source-not-allowed" });
});

test("another tenant's document is neither overwritten, changed, removed nor read", async () => {
  const { app, operations } = aServer({ keys });
  const theirs = { content: "b", tenant: "globex" };
  await app.inject({ method: "PUT", url, headers: bearing("all"), payload: theirs });
  const before = operations.documents.get([...operations.documents.keys()][0]!);

  const codes: unknown[] = [];
  for (const attempt of [
    { method: "PUT", payload: { content: "a" } },
    { method: "PATCH", payload: { permissions: "public" } },
    { method: "DELETE" },
    { method: "GET" },
  ] as const) {
    const answer = await app.inject({ url, headers: bearing("one"), ...attempt });
    codes.push(answer.json<{ code: string }>().code);
  }
  const line = JSON.stringify({ key: "a", content: "a" });
  const headers = { ...bearing("one"), "content-type": "application/x-ndjson" };
  const bulk = await app.inject({
    method: "POST",
    url: "/v1/sources/app/documents",
    headers,
    payload: line,
  });

  expect(codes).toEqual(Array.from({ length: 4 }, () => "tenant-not-allowed"));
  expect(bulk.json()).toMatchObject({ line: 1, error: { code: "tenant-not-allowed" } });
  expect([...operations.documents.values()]).toEqual([before]);
});

test("a token of another tenant's document tells nothing", async () => {
  const { app, operations } = aServer({ keys });
  const theirs = { content: "b", tenant: "globex" };
  const put = await app.inject({ method: "PUT", url, headers: bearing("all"), payload: theirs });
  const { token } = put.json<{ token: string }>();

  const answer = await app.inject({
    method: "POST",
    url: "/v1/search",
    headers: bearing("one"),
    payload: { query: "a", after: [token] },
  });

  expect(answer.json()).toMatchObject({ after: [{ token, status: "pending", reason: null }] });
  expect(operations.searches[0]?.after).toEqual([]);
});
