import type { ApiApp, ServerParts } from "../api-app.ts";
import { withIsoInstants } from "../instants.ts";
import { rehearsalSchema, rehearsalsSchema } from "../wire/rehearsal-wire.ts";

const tags = ["operator"];

export function rehearsalRoutes(app: ApiApp, { operations }: ServerParts): void {
  app.get(
    "/v1/rehearsals",
    {
      config: { access: "admin" },
      schema: {
        tags,
        summary: "The last rehearsal of each runbook",
        response: { 200: rehearsalsSchema },
      },
    },
    async () => ({ rehearsals: withIsoInstants(await operations.rehearsals()) }),
  );

  app.post(
    "/v1/rehearsals",
    {
      config: { access: "admin" },
      schema: {
        tags,
        summary: "Keep what came of a rehearsal, which took place on a copy",
        body: rehearsalSchema,
        response: { 201: rehearsalSchema },
      },
    },
    async ({ body }, reply) => {
      const { endedAt, startedAt, ...facts } = body;
      await operations.noteRehearsal({
        ...facts,
        startedAtMs: Date.parse(startedAt),
        endedAtMs: Date.parse(endedAt),
      });
      return reply.code(201).send(body);
    },
  );
}
