import { Readiness, createMetrics, silentLogger } from "@tidemark/runtime";
import type { KeyRecord } from "./auth/key-record.ts";
import { createHealthServer, createStartingServer } from "./create-health-server.ts";
import { aKey, bearing } from "./test-server.ts";

function aHealthServer(keys: readonly KeyRecord[] | null = null, create = createHealthServer) {
  const readiness = new Readiness({ starting: "opening the models" });
  const metrics = createMetrics({ processDefaults: false });
  const live = { isLive: true, takeLagMs: () => 250 };
  const health = { live, readiness };
  const app = create({
    logger: silentLogger,
    metrics,
    health,
    keys,
    options: { version: "0.0.0" },
  });
  return { app, live, readiness };
}

test("ready is what nothing keeps from serving, and alive is the event loop alone", async () => {
  const { app, live, readiness } = aHealthServer();
  const ask = async (url: string) => (await app.inject({ method: "GET", url })).statusCode;

  expect([await ask("/healthz"), await ask("/readyz")]).toEqual([200, 503]);
  readiness.clear("starting");
  live.isLive = false;
  expect([await ask("/healthz"), await ask("/readyz")]).toEqual([503, 200]);
});

test("metrics need a key where there are keys; health never does", async () => {
  const { app } = aHealthServer([aKey("prometheus", { scopes: ["search"] })]);
  const ask = async (url: string, headers = {}) =>
    (await app.inject({ method: "GET", url, headers })).statusCode;

  expect(await ask("/metrics")).toBe(401);
  expect(await ask("/metrics", bearing("prometheus"))).toBe(200);
  expect(await ask("/healthz")).toBe(200);
});

test("metrics say whether it is ready, and how late its event loop ran", async () => {
  const { app, readiness } = aHealthServer();
  const scrape = async () => (await app.inject({ method: "GET", url: "/metrics" })).body;

  const starting = await scrape();
  readiness.clear("starting");
  const ready = await scrape();

  expect(starting).toContain("tidemark_ready 0\n");
  expect(ready).toContain("tidemark_ready 1\n");
  expect(ready).toContain("tidemark_event_loop_lag_seconds 0.25\n");
});

test("there is nothing else at its address", async () => {
  const { app } = aHealthServer();
  const ask = async (method: "GET" | "POST", url: string) =>
    (await app.inject({ method, url })).statusCode;

  expect(await ask("POST", "/v1/search")).toBe(404);
  expect(await ask("GET", "/docs")).toBe(404);
});

test("what will be there later says so, to whoever asks, and is not found missing", async () => {
  const { app } = aHealthServer([aKey("app", { scopes: ["write"] })], createStartingServer);
  const url = "/v1/sources/app/documents/a";

  const answers = [
    await app.inject({ method: "PUT", url, headers: bearing("app"), payload: { content: "x" } }),
    await app.inject({ method: "GET", url, headers: bearing("app") }),
    await app.inject({ method: "POST", url: "/v1/search", payload: {} }),
  ];

  for (const { headers, statusCode } of answers) {
    expect([statusCode, headers["retry-after"]]).toEqual([503, "1"]);
  }
  expect((await app.inject({ method: "GET", url: "/readyz" })).json()).toMatchObject({
    reasons: { starting: "opening the models" },
  });
});
