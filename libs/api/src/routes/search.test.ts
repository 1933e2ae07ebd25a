import { encodeWriteToken, type DocumentId } from "@tidemark/domain";
import { aServer } from "../test-server.ts";
import { searchResponseSchema } from "../wire/search-response.ts";

test("a hit carries where it comes from, with its times as texts", async () => {
  const { app } = aServer();
  const url = "/v1/sources/app/documents/guide/setup.md";
  await app.inject({ method: "PUT", url, payload: { content: "start the pump" } });

  const answer = await app.inject({
    method: "POST",
    url: "/v1/search",
    payload: { query: "the pump" },
  });

  expect(answer.statusCode).toBe(200);
  const body = searchResponseSchema.parse(answer.json());
  expect(answer.json()).toEqual(body);
  expect(body).toMatchObject({ complete: true, completeUpTo: "2026-01-02T03:04:05.000Z" });
  expect(body.results[0]).toMatchObject({
    documentId: "app/guide/setup.md",
    key: "guide/setup.md",
    heading: ["Guide", "Setup"],
    createdAt: "2026-01-02T03:04:05.000Z",
    sourceTime: null,
    stale: false,
  });
});

test("a search is told when its asker hangs up, and not before", async () => {
  const { app, operations } = aServer();
  await using _listening = app;
  const url = `${await app.listen({ host: "127.0.0.1", port: 0 })}/v1/search`;
  const asked = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "a" }),
  };

  operations.searching = async ({ signal }) => {
    await new Promise((resolve) => setImmediate(resolve));
    expect(signal?.aborted).toBe(false);
  };
  expect((await fetch(url, asked)).status).toBe(200);

  const leaving = new AbortController();
  const told = new Promise((resolve) => {
    operations.searching = ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          resolve("told");
          reject(new Error("nobody listens"));
        });
        leaving.abort();
      });
  });
  await expect(fetch(url, { ...asked, signal: leaving.signal })).rejects.toThrow("aborted");
  expect(await told).toBe("told");
});

test("a search waits for the tokens that writes answered", async () => {
  const { app, operations } = aServer();
  const url = "/v1/sources/app/documents/a";
  const put = await app.inject({ method: "PUT", url, payload: { content: "one" } });
  const { token } = put.json<{ token: string }>();

  const answer = await app.inject({
    method: "POST",
    url: "/v1/search",
    payload: { query: "one", after: token, waitMs: 30_000 },
  });

  expect(answer.json()).toMatchObject({
    after: [{ documentId: "app/a", token, status: "visible", reason: null }],
  });
  expect(operations.searches[0]).toMatchObject({
    after: [{ documentId: "app/a", revision: { epoch: 1, position: 1 } }],
    waitMs: 30_000,
    limit: 10,
    per: "document",
    tenant: null,
    principals: null,
  });
});

const token = (id: string) =>
  encodeWriteToken({ documentId: id as DocumentId, revision: { epoch: 1, position: 1 } });

test.each([
  ["an unknown field", { query: "a", top: 3 }, "invalid-request"],
  ["no query", {}, "invalid-request"],
  ["an empty query", { query: " \n" }, "invalid-request"],
  ["a query without end", { query: "a".repeat(8193) }, "invalid-request"],
  ["no hit at all", { query: "a", limit: 0 }, "invalid-request"],
  ["too many hits", { query: "a", limit: 101 }, "invalid-request"],
  ["too long a wait", { query: "a", waitMs: 30_001 }, "invalid-request"],
  ["a filter of no known form", { query: "a", filter: { f: { like: "x" } } }, "invalid-request"],
  ["a token that is none", { query: "a", after: "w1.x" }, "invalid-token"],
  ["a token of no document", { query: "a", after: token("nothing") }, "invalid-document-id"],
])("%s is refused by name", async (_case, payload, code) => {
  const { app, operations } = aServer();

  const answer = await app.inject({ method: "POST", url: "/v1/search", payload });

  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ code });
  expect(operations.searches).toEqual([]);
});

test("a problem names the field, the address and the request", async () => {
  const { app } = aServer();

  const answer = await app.inject({
    method: "POST",
    url: "/v1/search?x=1",
    headers: { "x-request-id": "r-1" },
    payload: { query: "a", limit: "many" },
  });

  expect(answer.headers).toMatchObject({
    "content-type": "application/problem+json; charset=utf-8",
    "x-request-id": "r-1",
  });
  expect(answer.json()).toEqual({
    type: "urn:tidemark:problem:invalid-request",
    title: "Bad Request",
    status: 400,
    code: "invalid-request",
    detail: "body is not valid",
    instance: "/v1/search",
    requestId: "r-1",
    errors: [{ path: "limit", message: expect.stringContaining("number") }],
  });
});
