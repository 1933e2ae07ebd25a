import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { OverloadedError, TransientError } from "@tidemark/pipeline";
import type { FastifyInstance } from "fastify";
import { bulkWrite, type LineAnswer } from "../ndjson/bulk-write.ts";
import { everyRight } from "../auth/rights.ts";
import { MemoryOperations } from "../memory-operations.ts";
import { aServer } from "../test-server.ts";
import type { SourceName } from "@tidemark/domain";

const url = "/v1/sources/app/documents";

function post(app: FastifyInstance, payload: string | Buffer | Readable, headers = {}) {
  const type = { "content-type": "application/x-ndjson" };
  return app.inject({ method: "POST", url, headers: { ...type, ...headers }, payload });
}

const line = (key: string, rest: object = { content: "text" }) => JSON.stringify({ key, ...rest });

test("thousands of lines are written in order, in batches", async () => {
  const { app, operations } = aServer();
  const keys = Array.from({ length: 3000 }, (_, index) => `k${index}`);

  const answer = await post(app, Readable.from(keys.map((key) => `${line(key)}\n`)));

  expect(answer.statusCode).toBe(202);
  const answers = answer.body
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as LineAnswer);
  expect(answers).toHaveLength(3000);
  expect(answers[2999]).toMatchObject({ line: 3000, documentId: "app/k2999" });
  expect([...operations.documents.keys()]).toEqual(keys.map((key) => `app/${key}`));
  expect(operations.puts.length).toBeLessThan(50);
});

test("each faulty line says why, and the others are written", async () => {
  const { app, operations } = aServer({ bodyBytesMax: 200 });
  const invalidUtf8 = Buffer.from([0x22, 0xff, 0x22, 0x0a]);
  const lines = [
    line("a"),
    "",
    "{not json",
    line("b", { content: "x", colour: "red" }),
    line("long", { content: "x".repeat(300) }),
    line("half \ud800"),
    line("."),
    line("c"),
  ].join("\n");

  const answer = await post(app, Buffer.concat([invalidUtf8, Buffer.from(lines)]), {
    accept: "application/json",
  });

  expect(answer.statusCode).toBe(207);
  expect(answer.json()).toMatchObject([
    { line: 1, key: null, error: { code: "invalid-json" } },
    { line: 2, documentId: "app/a" },
    { line: 4, error: { code: "invalid-json" } },
    { line: 5, key: "b", error: { code: "invalid-request", errors: [{ path: "" }] } },
    { line: 6, key: null, error: { code: "line-too-long", status: 413 } },
    { line: 7, error: { code: "invalid-document-id" } },
    { line: 8, key: ".", error: { code: "invalid-document-id" } },
    { line: 9, documentId: "app/c" },
  ]);
  expect([...operations.documents.keys()]).toEqual(["app/a", "app/c"]);
});

const source = "app" as SourceName;
const signal = new AbortController().signal;

test("a full queue is waited for", async () => {
  const operations = new MemoryOperations();
  operations.failing = new OverloadedError("the queue is full", { retryAfterMs: 1 });
  const writing = bulkWrite(Readable.from([line("a")]), {
    operations,
    source,
    rights: everyRight,
    trace: null,
    signal,
  });

  setImmediate(() => (operations.failing = null));

  expect(await writing).toMatchObject([{ line: 1, documentId: "app/a" }]);
});

test("a queue that stays full refuses the lines, and what cannot be reached does so at once", async () => {
  const operations = new MemoryOperations();
  const options = {
    operations,
    source,
    rights: everyRight,
    trace: null,
    signal,
    overloadWaitMsMax: 0,
  };
  const lines = () => Readable.from([`${line("a")}\n${line("b")}`]);

  operations.failing = new OverloadedError("the queue is full");
  expect(await bulkWrite(lines(), options)).toMatchObject([
    { line: 1, key: "a", error: { status: 429, code: "overloaded" } },
    { line: 2, key: "b", error: { status: 429, code: "overloaded" } },
  ]);

  operations.failing = new TransientError("the disk is full");
  expect(await bulkWrite(lines(), options)).toMatchObject([
    { line: 1, error: { status: 503, code: "unavailable" } },
    { line: 2, error: { status: 503, code: "unavailable" } },
  ]);
});

test("lines past the bound are let go, and said to be", async () => {
  const operations = new MemoryOperations();
  const lines = Array.from({ length: 500 }, (_, index) => `${line(`k${index}`)}\n`);

  const answers = await bulkWrite(Readable.from(lines), {
    operations,
    source,
    rights: everyRight,
    trace: null,
    signal,
    linesMax: 200,
  });

  expect(operations.documents.size).toBe(200);
  expect(answers).toHaveLength(201);
  expect(answers.at(-1)).toMatchObject({ line: 201, error: { code: "too-many-lines" } });
});

test("a bug in the middle of a long body is answered, not hung up on", async () => {
  const { app, operations } = aServer();
  await using _listening = app;
  operations.failing = new Error("a bug");
  const address = await app.listen({ host: "127.0.0.1", port: 0 });

  const answer = await fetch(`${address}${url}`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: `${line("k", { content: "x".repeat(1024 ** 2) })}\n`.repeat(20),
  });

  expect(answer.status).toBe(500);
});

test("while a batch waits, the sender waits on its connection", async () => {
  const { app, operations } = aServer();
  await using _listening = app;
  operations.failing = new OverloadedError("the queue is full", { retryAfterMs: 1 });
  const address = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const request = httpRequest({
    host: address.hostname,
    port: address.port,
    path: url,
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
  });
  const big = `${line("k", { content: "x".repeat(1024 ** 2) })}\n`;

  let sent = 0;
  while (sent < 200 && request.write(big)) sent += 1;
  const wasHeldBack = request.writableLength > 0;
  operations.failing = null;
  request.end();
  const status = await new Promise((resolve) => {
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });

  expect(wasHeldBack).toBe(true);
  expect(status).toBe(202);
});

test("a single JSON document is refused with what to send", async () => {
  const { app } = aServer();

  const answer = await app.inject({ method: "POST", url, payload: { key: "a", content: "b" } });

  expect(answer.json()).toMatchObject({ status: 415, code: "content-type-not-supported" });
});
