import * as fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { aServer } from "../test-server.ts";

const urlOf = (key: string) => `/v1/sources/app/documents/${key}`;

function put(app: FastifyInstance, key: string, payload: object = { content: "text" }) {
  return app.inject({ method: "PUT", url: urlOf(encodeURIComponent(key)), payload });
}

/** An address cannot spell `.` and `..`: clients take them for steps. */
const anyKey = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
  .filter((key) => key !== "." && key !== "..");

test("a key of any characters arrives as it was", async () => {
  const { app, operations } = aServer();
  await fc.assert(
    fc.asyncProperty(anyKey, async (key) => {
      const answer = await put(app, key);

      expect(answer.statusCode).toBe(202);
      expect(operations.puts.at(-1)?.[0]?.key).toBe(key);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["guide/setup.md", "guide/setup.md"],
  ["guide%2Fsetup.md", "guide/setup.md"],
  ["a%252Fb", "a%2Fb"],
  ["two%0Alines%20%F0%9F%8C%8A", "two\nlines 🌊"],
  ["a//b/", "a//b/"],
  ["a;b=c&d+e:f@g,h", "a;b=c&d+e:f@g,h"],
  ["100%25%20sure%3F", "100% sure?"],
])("the address %s is decoded once", async (written, key) => {
  const { app, operations } = aServer();

  await app.inject({ method: "PUT", url: urlOf(written), payload: { content: "x" } });

  expect([...operations.documents.keys()]).toEqual([`app/${key}`]);
});

test("the longest key fits into an address", async () => {
  const key = "海".repeat(2048 - "app/".length);
  const { app } = aServer();
  await using _listening = app;
  const address = await app.listen({ host: "127.0.0.1", port: 0 });

  const answer = await fetch(`${address}${urlOf(encodeURIComponent(key))}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: '{"content":"x"}',
  });

  expect(answer.status).toBe(202);
});

test.each([
  ["a key without end", "k".repeat(2048), 400],
  ["no key", "", 400],
  ["a broken escape", "a%zz", 400],
])("%s is refused", async (_case, key, status) => {
  const { app } = aServer();

  const answer = await app.inject({ method: "PUT", url: urlOf(key), payload: { content: "x" } });

  expect(answer.statusCode).toBe(status);
  expect(answer.headers["content-type"]).toContain("application/problem+json");
});

test("everything a document can say arrives", async () => {
  const { app, operations } = aServer();

  await put(app, "a", {
    content: { base64: "aGVsbG8=" },
    contentType: "text/plain; charset=utf-8",
    metadata: { area: "hr", tags: ["x", 1, true, null] },
    permissions: ["group:hr"],
    tenant: "acme",
    archived: true,
    sourceTime: "2026-01-02T03:04:05+01:00",
  });

  expect(operations.puts[0]).toEqual([
    {
      key: "a",
      content: { base64: "aGVsbG8=" },
      contentType: "text/plain; charset=utf-8",
      metadata: { area: "hr", tags: ["x", 1, true, null] },
      permissions: { kind: "only", principals: ["group:hr"] },
      tenant: "acme",
      archived: true,
      sourceTimeMs: Date.UTC(2026, 0, 2, 2, 4, 5),
      trace: expect.any(String),
    },
  ]);
});

test("what a document leaves out is the source's to decide", async () => {
  const { app, operations } = aServer();

  await put(app, "a", { content: "half a pair \ud83d" });

  expect(operations.puts[0]?.[0]).toEqual({
    key: "a",
    content: { text: "half a pair \ufffd" },
    contentType: null,
    metadata: {},
    permissions: null,
    tenant: null,
    archived: false,
    sourceTimeMs: null,
    trace: expect.any(String),
  });
});

test("the trace context of a request goes with every write", async () => {
  const { app, operations } = aServer();
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const url = "/v1/sources/app/documents/a";

  await app.inject({ method: "PUT", url, headers: { traceparent }, payload: { content: "a" } });

  expect(operations.puts[0]?.[0]?.trace).toBe(traceparent);
});

test("long bytes are read without overflowing anything", async () => {
  const { app, operations } = aServer();
  const base64 = Buffer.alloc(9 * 1024 ** 2, 7).toString("base64");

  const answer = await put(app, "a", { content: { base64 } });

  expect(answer.statusCode).toBe(202);
  expect(operations.puts[0]?.[0]?.content).toEqual({ base64 });
});

test.each([
  ["no content", {}],
  ["an unknown field", { content: "a", acl: [] }],
  ["broken base64", { content: { base64: "a===" } }],
  ["base64 with its padding inside", { content: { base64: "aa=aaaa=" } }],
  ["nested metadata", { content: "a", metadata: { a: { b: 1 } } }],
  ["permissions of no known form", { content: "a", permissions: "everyone" }],
  ["a time without zone", { content: "a", sourceTime: "2026-01-02T03:04:05" }],
])("%s is refused", async (_case, payload) => {
  const { app, operations } = aServer();

  const answer = await put(app, "a", payload);

  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ code: "invalid-request" });
  expect(operations.puts).toEqual([]);
});

test("a body past the bound is refused before it is read", async () => {
  const { app } = aServer({ bodyBytesMax: 1000 });

  const answer = await put(app, "a", { content: "x".repeat(2000) });

  expect(answer.statusCode).toBe(413);
  expect(answer.json()).toMatchObject({ code: "body-too-large" });
});

test("only JSON is taken, so that no page can send a form here", async () => {
  const { app } = aServer();

  for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/html"]) {
    const answer = await app.inject({
      method: "PUT",
      url: urlOf("a"),
      headers: { "content-type": type },
      payload: '{"content":"a"}',
    });

    expect(answer.statusCode).toBe(415);
  }
});

test("a patch replaces metadata or permissions, never both or neither", async () => {
  const { app, operations } = aServer();
  await put(app, "a");
  const patch = (payload: object) => app.inject({ method: "PATCH", url: urlOf("a"), payload });

  expect((await patch({ metadata: { area: "hr" } })).statusCode).toBe(202);
  expect((await patch({ permissions: "public" })).statusCode).toBe(202);
  expect((await patch({})).statusCode).toBe(400);
  expect((await patch({ metadata: {}, permissions: "public" })).statusCode).toBe(400);
  expect((await patch({ content: "b" })).statusCode).toBe(400);

  const [kept] = operations.documents.values();
  expect(kept?.body).toMatchObject({
    metadata: { area: "hr" },
    permissions: { kind: "public" },
    content: { text: "text" },
  });
});

test("a document is read back until it is deleted", async () => {
  const { app } = aServer();
  const get = () => app.inject({ method: "GET", url: urlOf("a") });

  expect((await get()).json()).toMatchObject({ status: 404, code: "unknown-document" });

  await put(app, "a", { content: "text", metadata: { area: "hr" }, permissions: ["user:ann"] });
  expect((await get()).json()).toMatchObject({
    documentId: "app/a",
    standing: "searchable",
    metadata: { area: "hr" },
    manifest: { seen: { policy: { permissions: ["user:ann"] } } },
  });

  await app.inject({ method: "DELETE", url: urlOf("a") });
  expect((await get()).json()).toMatchObject({ status: 404, code: "deleted" });
});

test("a source that is not configured is named", async () => {
  const { app } = aServer();

  const answer = await app.inject({
    method: "PUT",
    url: "/v1/sources/shop/documents/a",
    payload: { content: "a" },
  });

  expect(answer.json()).toMatchObject({ status: 404, code: "unknown-source" });
});
