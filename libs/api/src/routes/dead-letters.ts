import { RequestError } from "@tidemark/pipeline";
import { z } from "zod";
import type { ApiApp, ServerParts } from "../api-app.ts";
import { bounds } from "../bounds.ts";
import { withIsoInstants } from "../instants.ts";
import { deadLetterSchema } from "../wire/dead-letter-wire.ts";

const tags = ["operator"];
const config = { access: "admin" } as const;
const idSchema = z.string().min(1).max(bounds.nameLengthMax);
const idsSchema = z.array(idSchema).min(1).max(bounds.deadLetterIdsMax);

const retryBodySchema = z.strictObject({
  ids: z.union([z.literal("all"), idsSchema]),
  force: z.boolean().default(false),
});

export function deadLetterRoutes(app: ApiApp, { operations }: ServerParts): void {
  app.get(
    "/v1/dead-letters",
    {
      config,
      schema: {
        tags,
        summary: "What could not be handled, and why",
        response: { 200: z.object({ deadLetters: z.array(deadLetterSchema) }) },
      },
    },
    async () => ({ deadLetters: withIsoInstants(await operations.deadLetters()) }),
  );

  app.post(
    "/v1/dead-letters/retry",
    {
      config,
      schema: {
        tags,
        summary: "Ask for the newest state of the documents behind them",
        body: retryBodySchema,
        response: { 200: z.object({ retried: z.int() }) },
      },
    },
    async ({ body: { ids, force } }) => ({
      retried: await operations.retryDeadLetters(ids === "all" ? null : ids, { force }),
    }),
  );

  app.post(
    "/v1/dead-letters/drop",
    {
      config,
      schema: {
        tags,
        summary: "Forget them; their documents stay as they are",
        body: z.strictObject({ ids: idsSchema }),
        response: { 200: z.object({ dropped: z.int() }) },
      },
    },
    async ({ body: { ids } }) => ({ dropped: await operations.dropDeadLetters(ids) }),
  );

  app.delete(
    "/v1/dead-letters/:id",
    {
      config,
      schema: {
        tags,
        summary: "Forget one",
        params: z.object({ id: idSchema }),
        response: { 200: z.object({ dropped: z.int() }) },
      },
    },
    async ({ params: { id } }) => {
      const dropped = await operations.dropDeadLetters([id]);
      if (dropped > 0) return { dropped };
      throw new RequestError(404, "unknown-dead-letter", "there is no such dead letter");
    },
  );
}
