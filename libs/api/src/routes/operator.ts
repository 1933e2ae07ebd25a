import type { GenerationId } from "@tidemark/domain";
import { z } from "zod";
import type { ApiApp, ServerParts } from "../api-app.ts";
import { bounds } from "../bounds.ts";
import { addressOfId } from "../document-address.ts";
import { withIsoInstants } from "../instants.ts";
import {
  backupBodySchema,
  backupSchema,
  doctorSchema,
  planSchema,
  reconcileBodySchema,
  reconcileSchema,
  replayBodySchema,
  replayChangeSchema,
  replaySchema,
  replaysSchema,
  replayViewSchema,
  statusSchema,
} from "../wire/operator-wire.ts";

const tags = ["operator"];
const quick = { config: { access: "admin" } } as const;
const long = { config: { access: "admin", operator: true } } as const;

export function operatorRoutes(app: ApiApp, { operations }: ServerParts): void {
  app.get(
    "/v1/status",
    {
      ...quick,
      schema: {
        tags,
        summary: "Generations, sources, stages and what is wrong",
        response: { 200: statusSchema },
      },
    },
    async () => withIsoInstants(await operations.status()),
  );

  app.get(
    "/v1/plan",
    {
      ...long,
      schema: {
        tags,
        summary: "What a changed embedder or chunker would touch and cost",
        response: { 200: planSchema },
      },
    },
    async () => withIsoInstants(await operations.plan()),
  );

  app.post(
    "/v1/apply",
    {
      ...long,
      schema: {
        tags,
        summary: "Build the planned generation beside the active one, and switch when complete",
        response: { 202: planSchema },
      },
    },
    async (_request, reply) => reply.code(202).send(withIsoInstants(await operations.apply())),
  );

  app.post(
    "/v1/replay",
    {
      ...long,
      schema: {
        tags,
        summary: "Handle again what the log still holds",
        body: replayBodySchema,
        response: { 200: replaySchema },
      },
    },
    async ({ body }) =>
      operations.replay({
        source: body.source ?? null,
        document: body.document === undefined ? null : addressOfId(body.document).id,
        sinceMs: body.since === undefined ? null : Date.parse(body.since),
        generation: (body.generation ?? null) as GenerationId | null,
        dryRun: body.dryRun,
        force: body.force,
        perSecond: body.perSecond ?? null,
      }),
  );

  app.get(
    "/v1/replays",
    {
      ...quick,
      schema: {
        tags,
        summary: "Replays that run, wait or ended within a day, and how far they are",
        response: { 200: replaysSchema },
      },
    },
    async () => ({ replays: withIsoInstants(await operations.replays()) }),
  );

  app.patch(
    "/v1/replays/:id",
    {
      ...quick,
      schema: {
        tags,
        summary: "Pause a replay, resume or cancel it, or change its speed while it runs",
        params: z.object({ id: z.string().min(1).max(bounds.nameLengthMax) }),
        body: replayChangeSchema,
        response: { 200: replayViewSchema },
      },
    },
    async ({ params: { id }, body: { perSecond, state } }) =>
      withIsoInstants(
        await operations.changeReplay(id, {
          ...(state === undefined ? {} : { state }),
          ...(perSecond === undefined ? {} : { perSecond }),
        }),
      ),
  );

  app.post(
    "/v1/reconcile",
    {
      ...long,
      schema: {
        tags,
        summary: "Compare source and index, and repair what was missed",
        body: reconcileBodySchema,
        response: { 200: reconcileSchema },
      },
    },
    async ({ body: { source, confirm } }) => ({
      reports: [...(await operations.reconcile(source ?? null, { confirm }))],
    }),
  );

  app.post(
    "/v1/backup",
    {
      ...long,
      schema: {
        tags,
        summary: "Write a consistent copy while the process runs",
        body: backupBodySchema,
        response: { 200: backupSchema },
      },
    },
    async ({ body: { path } }) => operations.backup(path),
  );

  app.get(
    "/v1/doctor",
    {
      ...long,
      schema: { tags, summary: "Look for what is wrong", response: { 200: doctorSchema } },
    },
    async () => ({ findings: [...(await operations.doctor())] }),
  );
}
