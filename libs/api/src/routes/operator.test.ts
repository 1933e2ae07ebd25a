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
  statusSchema,
} from "../wire/operator-wire.ts";
import { whySchema } from "../wire/why-wire.ts";

const deadLetters = z.object({ deadLetters: z.array(deadLetterSchema) });

test.each<["GET" | "POST", string, object | undefined, z.ZodType]>([
  ["GET", "/v1/freshness", undefined, freshnessSchema],
  ["GET", "/v1/status", undefined, statusSchema],
  ["GET", "/v1/why/app/guide/setup.md", undefined, whySchema],
  ["GET", "/v1/plan", undefined, planSchema],
  ["POST", "/v1/apply", undefined, planSchema],
  ["POST", "/v1/replay", {}, replaySchema],
  ["POST", "/v1/reconcile", {}, reconcileSchema],
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
  await replay({ document: "app/a", since: "2026-01-01T00:00:00Z", dryRun: false });
  const faulty = await replay({ source: "a/b" });

  expect(operations.replays).toEqual([
    { source: null, document: null, sinceMs: null, dryRun: true, force: false },
    {
      source: null,
      document: "app/a",
      sinceMs: Date.UTC(2026, 0, 1),
      dryRun: false,
      force: false,
    },
  ]);
  expect(faulty.statusCode).toBe(400);
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
