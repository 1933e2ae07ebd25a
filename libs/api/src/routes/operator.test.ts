import { z } from "zod";
import { aServer } from "../test-server.ts";
import { deadLetterSchema } from "../wire/dead-letter-wire.ts";
import { freshnessSchema } from "../wire/freshness-wire.ts";
import {
  backupSchema,
  doctorSchema,
  planSchema,
  reconcileSchema,
  replaySchema,
  replaysSchema,
  replayViewSchema,
  statusSchema,
} from "../wire/operator-wire.ts";
import { auditSchema } from "../wire/audit-wire.ts";
import { searchWhySchema } from "../wire/search-why-wire.ts";
import { whySchema } from "../wire/why-wire.ts";

const deadLetters = z.object({ deadLetters: z.array(deadLetterSchema) });

test.each<["GET" | "POST" | "PATCH", string, object | undefined, z.ZodType]>([
  ["GET", "/v1/freshness", undefined, freshnessSchema],
  ["GET", "/v1/status", undefined, statusSchema],
  ["GET", "/v1/why/app/guide/setup.md", undefined, whySchema],
  ["POST", "/v1/why", { query: "pump", expect: "app/guide/setup.md" }, searchWhySchema],
  ["GET", "/v1/plan", undefined, planSchema],
  ["POST", "/v1/apply", undefined, planSchema],
  ["POST", "/v1/replay", {}, replaySchema],
  ["GET", "/v1/replays", undefined, replaysSchema],
  ["PATCH", "/v1/replays/r1", { state: "paused" }, replayViewSchema],
  ["POST", "/v1/reconcile", {}, reconcileSchema],
  ["GET", "/v1/audit", undefined, auditSchema],
  ["POST", "/v1/audit", {}, auditSchema],
  ["POST", "/v1/backup", { path: "/backups/a" }, backupSchema],
  ["GET", "/v1/doctor", undefined, doctorSchema],
  ["GET", "/v1/dead-letters", undefined, deadLetters],
])("%s %s answers exactly what its schema says", async (method, url, payload, schema) => {
  const { app } = aServer();
  await app.inject({
    method: "PUT",
    url: "/v1/sources/app/documents/guide%2Fsetup.md",
    payload: { content: "a", metadata: { atMs: 5 } },
  });

  const answer = await app.inject({ method, url, ...(payload ? { payload } : {}) });

  expect(answer.statusCode).toBeLessThan(300);
  expect(schema.parse(answer.json())).toEqual(answer.json());
});

test("why is asked for the one who looks", async () => {
  const { app, operations } = aServer();

  await app.inject({ method: "GET", url: "/v1/why/app/a" });
  await app.inject({ method: "GET", url: "/v1/why/app/a?tenant=acme&principal=u&principal=g" });

  expect(operations.askers).toEqual([null, { tenant: "acme", principals: ["u", "g"] }]);
});

test("a replay is a dry run unless it says otherwise", async () => {
  const { app, operations } = aServer();
  const replay = (payload: object) => app.inject({ method: "POST", url: "/v1/replay", payload });

  await replay({});
  const since = "2026-01-01T00:00:00Z";
  await replay({ document: "app/a", since, generation: "g2", dryRun: false, perSecond: 2.5 });
  const faulty = await replay({ source: "a/b" });

  const everything = { source: null, document: null, sinceMs: null, force: false };
  expect(operations.replayed).toEqual([
    { ...everything, generation: null, dryRun: true, perSecond: null },
    {
      ...everything,
      document: "app/a",
      sinceMs: Date.UTC(2026, 0, 1),
      generation: "g2",
      dryRun: false,
      perSecond: 2.5,
    },
  ]);
  expect(faulty.statusCode).toBe(400);
});

test("a replay is paused, sped up and freed of its bound, and told apart from one unknown", async () => {
  const { app, operations } = aServer();
  const change = (id: string, payload: object) =>
    app.inject({ method: "PATCH", url: `/v1/replays/${id}`, payload });

  const paused = await change("r1", { state: "paused", perSecond: 10 });
  await change("r1", { perSecond: null });
  const refused = await Promise.all(
    [{}, { state: "done" }, { perSecond: 0 }, { speed: 2 }].map((each) => change("r1", each)),
  );
  const unknown = await change("r2", { state: "cancelled" });

  expect(paused.json()).toMatchObject({ id: "r1", state: "paused", perSecond: 10 });
  expect(operations.replayChanges).toEqual([
    ["r1", { state: "paused", perSecond: 10 }],
    ["r1", { perSecond: null }],
  ]);
  expect(refused.map(({ statusCode }) => statusCode)).toEqual([400, 400, 400, 400]);
  expect(unknown.json()).toMatchObject({ status: 404, code: "unknown-replay" });
});

test("dead letters are retried all or by id, and dropped by id alone", async () => {
  const { app } = aServer();
  const post = async (what: string, payload: object) => {
    const answer = await app.inject({ method: "POST", url: `/v1/dead-letters/${what}`, payload });
    return answer.json<object>();
  };

  expect(await post("retry", { ids: "all" })).toEqual({ retried: 7 });
  expect(await post("retry", { ids: ["d1"] })).toEqual({ retried: 1 });
  expect(await post("drop", { ids: ["d1", "d2"] })).toEqual({ dropped: 1 });
  expect(await post("drop", { ids: "all" })).toMatchObject({ status: 400 });
  expect(await post("retry", {})).toMatchObject({ status: 400 });
  const gone = await app.inject({ method: "DELETE", url: "/v1/dead-letters/d2" });
  expect(gone.json()).toMatchObject({ status: 404, code: "unknown-dead-letter" });
});

test("a backup goes to an absolute path", async () => {
  const { app } = aServer();

  const answer = await app.inject({ method: "POST", url: "/v1/backup", payload: { path: "a" } });

  expect(answer.json()).toMatchObject({ status: 400, errors: [{ path: "path" }] });
});
