import { aServer } from "./test-server.ts";

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly summary?: string;
  readonly security?: unknown;
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

test("the description has every route, its parameters and its errors", async () => {
  const { app } = aServer();

  const answer = await app.inject({ method: "GET", url: "/openapi.json" });

  const { openapi, paths } = answer.json<OpenApi>();
  expect(openapi).toBe("3.1.0");
  expect(Object.keys(paths).sort()).toEqual(
    [
      "/healthz",
      "/metrics",
      "/readyz",
      "/v1/apply",
      "/v1/audit",
      "/v1/backup",
      "/v1/costs",
      "/v1/dead-letters",
      "/v1/dead-letters/retry",
      "/v1/dead-letters/drop",
      "/v1/dead-letters/{id}",
      "/v1/doctor",
      "/v1/freshness",
      "/v1/plan",
      "/v1/reconcile",
      "/v1/rehearsals",
      "/v1/replay",
      "/v1/replays",
      "/v1/replays/{id}",
      "/v1/search",
      "/v1/sentinels",
      "/v1/sentinels/run",
      "/v1/sources/{source}/documents",
      "/v1/sources/{source}/documents/{rest}",
      "/v1/status",
      "/v1/why",
      "/v1/why/{rest}",
    ].sort(),
  );
  const put = paths["/v1/sources/{source}/documents/{rest}"]?.["put"];
  expect(put?.parameters?.map(({ name }) => name)).toEqual(["source", "rest"]);
  expect(put?.security).toEqual([{ key: [] }]);
  expect(Object.keys(put?.responses["4XX"]?.content ?? {})).toEqual(["application/problem+json"]);
  const summaries = Object.values(paths)
    .flatMap(Object.values)
    .map(({ summary }) => summary);
  expect(summaries).not.toContain(undefined);
});

test("the page for people works without a network and without a key", async () => {
  const { app } = aServer({ keys: [] });

  const page = await app.inject({ method: "GET", url: "/docs" });
  const bundle = await app.inject({ method: "GET", url: "/docs/static/swagger-ui-bundle.js" });

  expect(page.statusCode).toBe(200);
  expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//u);
  expect(bundle.statusCode).toBe(200);
});
