import type { FreshnessWire } from "./wire/freshness-wire.ts";
import { aKey, aServer, bearing } from "./test-server.ts";

const keys = [
  aKey("search-key", { scopes: ["search"] }),
  aKey("write-key", { scopes: ["write"], sources: ["app"] }),
  aKey("admin-key", { scopes: ["admin"] }),
  aKey("tenant-key", { scopes: ["search"], tenants: ["other"] }),
];

const search = { method: "POST", url: "/v1/search", payload: { query: "a" } } as const;
const put = {
  method: "PUT",
  url: "/v1/sources/app/documents/a",
  payload: { content: "a" },
} as const;
const status = { method: "GET", url: "/v1/status" } as const;
const freshness = { method: "GET", url: "/v1/freshness" } as const;
const metrics = { method: "GET", url: "/metrics" } as const;
const ready = { method: "GET", url: "/readyz" } as const;

test.each([
  ["search-key", { search: 200, put: 403, status: 403, freshness: 200, metrics: 200, ready: 200 }],
  ["write-key", { search: 403, put: 202, status: 403, freshness: 200, metrics: 200, ready: 200 }],
  ["admin-key", { search: 200, put: 202, status: 200, freshness: 200, metrics: 200, ready: 200 }],
  ["other-key", { search: 401, put: 401, status: 401, freshness: 401, metrics: 401, ready: 200 }],
])("%s may do what its scopes say", async (name, expected) => {
  const { app } = aServer({ keys });
  const found: Record<string, number> = {};

  for (const [what, request] of Object.entries({
    search,
    put,
    status,
    freshness,
    metrics,
    ready,
  })) {
    const answer = await app.inject({ ...request, headers: bearing(name) });
    found[what] = answer.statusCode;
  }

  expect(found).toEqual(expected);
});

test("without a key the answer says how to send one", async () => {
  const { app } = aServer({ keys });

  const answer = await app.inject(search);

  expect(answer.statusCode).toBe(401);
  expect(answer.headers["www-authenticate"]).toBe('Bearer realm="tidemark"');
  expect(answer.json()).toMatchObject({ code: "key-missing" });
});

test("a key sees the freshness of its sources alone", async () => {
  const { app } = aServer({ keys });

  const answer = await app.inject({ ...freshness, headers: bearing("write-key") });

  const { sources } = answer.json<{ sources: { source: string }[] }>();
  expect(sources.map(({ source }) => source)).toEqual(["app"]);
});

test.each([
  ["admin-key", "app/a.md", ["acme", "other"]],
  ["search-key", null, ["acme", "other"]],
  ["tenant-key", null, ["other"]],
])("what %s is told of pending changes is its own business", async (name, document, tenants) => {
  const { app } = aServer({ keys });

  const answer = await app.inject({ ...freshness, headers: bearing(name) });

  const [source] = answer.json<FreshnessWire>().sources;
  expect(source?.pendingChanges?.oldest?.documentId).toBe(document);
  expect(source?.pendingChanges?.tenants.map(({ tenant }) => tenant)).toEqual(tenants);
  expect(source?.tenants.map(({ tenant }) => tenant)).toEqual(tenants);
  expect(source?.probe).toMatchObject({
    outcome: "unwritable",
    reason: name === "admin-key" ? "EROFS" : null,
  });
});

test.each([
  ["127.0.0.1:8787", 200],
  ["localhost", 200],
  ["[::1]:8787", 200],
  ["LOCALHOST:1", 200],
  ["127.0.0.1.evil.example", 403],
  ["evil.example:8787", 403],
  ["localhost.evil.example", 403],
  ["[::1", 403],
])("without keys the host %s is answered with %i", async (host, expected) => {
  const { app } = aServer();

  const answer = await app.inject({ ...freshness, headers: { host } });

  expect(answer.statusCode).toBe(expected);
});

test.each([
  [{ origin: "https://evil.example" }, 403],
  [{ origin: "null" }, 403],
  [{ origin: "http://127.0.0.1:3000" }, 403],
  [{ "sec-fetch-site": "cross-site" }, 403],
  [{ "sec-fetch-site": "same-site" }, 403],
  [{ origin: "http://127.0.0.1:8787", "sec-fetch-site": "same-origin" }, 202],
  [{ "sec-fetch-site": "none" }, 202],
])("without keys a page sending %j is answered with %i", async (headers, expected) => {
  const { app } = aServer();

  const answer = await app.inject({
    method: "POST",
    url: "/v1/apply",
    headers: { host: "127.0.0.1:8787", ...headers },
  });

  expect(answer.statusCode).toBe(expected);
  expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
});

test("with keys any host and any origin may ask, since the key is the proof", async () => {
  const { app } = aServer({ keys });
  const headers = { host: "search.example", origin: "https://app.example" };

  const answer = await app.inject({
    ...search,
    headers: { ...headers, ...bearing("search-key") },
  });

  expect(answer.statusCode).toBe(200);
});

test("every route says who may use it", async () => {
  const { app } = aServer({ keys: [] });
  const unsaid: string[] = [];
  app.addHook("onRoute", ({ url, config }) => {
    if (!url.startsWith("/docs") && !config?.access) unsaid.push(url);
  });

  await app.ready();

  expect(unsaid).toEqual([]);
});

test("a compressed body is refused rather than misread", async () => {
  const { app } = aServer();

  const answer = await app.inject({ ...put, headers: { "content-encoding": "gzip" } });

  expect(answer.statusCode).toBe(415);
});
