import { aServer } from "./test-server.ts";

test("requests are counted by route, never by address", async () => {
  const { app } = aServer();

  for (const key of ["a", "b"]) {
    await app.inject({ method: "GET", url: `/v1/sources/app/documents/${key}` });
  }
  for (const url of ["/nothing/1", "/nothing/2", "/docs/static/index.css"]) {
    await app.inject({ method: "GET", url });
  }

  const { body, headers } = await app.inject({ method: "GET", url: "/metrics" });
  expect(headers["content-type"]).toContain("text/plain");
  const counted = body.split("\n").filter((line) => line.startsWith("tidemark_http_requests"));
  expect(counted.sort()).toEqual([
    'tidemark_http_requests_total{method="GET",route="/docs",status="200"} 1',
    'tidemark_http_requests_total{method="GET",route="/v1/sources/:source/documents/*",status="404"} 2',
    'tidemark_http_requests_total{method="GET",route="none",status="404"} 2',
  ]);
});

test("a request's own id is kept when it is harmless", async () => {
  const { app } = aServer();
  const idOf = async (id: string) => {
    const headers = { "x-request-id": id };
    const answer = await app.inject({ method: "GET", url: "/healthz", headers });
    return answer.headers["x-request-id"];
  };

  expect(await idOf("job-7:2")).toBe("job-7:2");
  expect(await idOf('"injected":1')).toMatch(/^[0-9a-f-]{36}$/u);
});

test("the access log says who asked what, and nothing of the question", async () => {
  const lines: object[] = [];
  const nothing = () => {};
  const logger = { debug: (fields: object) => lines.push(fields), info: nothing, warn: nothing };
  const { app } = aServer({ logger: { ...logger, error: nothing } });

  await app.inject({ method: "POST", url: "/v1/search", payload: { query: "my illness" } });

  expect(lines).toMatchObject([
    { method: "POST", route: "/v1/search", status: 200, by: "loopback" },
  ]);
  expect(JSON.stringify(lines)).not.toContain("illness");
});

test("not being ready is said with its reasons", async () => {
  const { app } = aServer({ reasons: { scan: "files: 3 of 42 documents" } });

  const ready = await app.inject({ method: "GET", url: "/readyz" });
  const alive = await app.inject({ method: "GET", url: "/healthz" });

  expect(ready.statusCode).toBe(503);
  expect(ready.json()).toEqual({
    status: "unavailable",
    reasons: { scan: "files: 3 of 42 documents" },
  });
  expect(alive.statusCode).toBe(200);
});
