import type { Readable } from "node:stream";
import { RequestError } from "@tidemark/pipeline";
import { z } from "zod";
import type { ApiApp, ServerParts } from "../api-app.ts";
import { requireSource } from "../auth/rights.ts";
import { bounds } from "../bounds.ts";
import { sourceSchema } from "../document-address.ts";
import { hangUpOf } from "../hang-up.ts";
import { bulkWrite, type LineAnswer } from "../ndjson/bulk-write.ts";
import { acceptedSchema } from "../wire/accepted.ts";
import { traceOf } from "../trace-context.ts";

const ndjson = "application/x-ndjson";
const ndjsonTypes = [ndjson, "application/ndjson", "application/jsonl"];

const lineAnswerSchema = z.union([
  acceptedSchema.extend({ line: z.int() }),
  z.object({
    line: z.int(),
    key: z.string().nullable(),
    error: z.object({
      status: z.int(),
      code: z.string(),
      detail: z.string(),
      errors: z.array(z.object({ path: z.string(), message: z.string() })),
    }),
  }),
]);
const answersSchema = z
  .array(lineAnswerSchema)
  .meta({ description: "One a line; as NDJSON unless JSON is what is accepted" });

export function bulkRoutes(app: ApiApp, { operations, options }: ServerParts): void {
  // The stream itself: it is read line by line, no faster than documents are written.
  app.addContentTypeParser(ndjsonTypes, (_request, payload, done) => done(null, payload));

  app.post(
    "/v1/sources/:source/documents",
    {
      config: { access: "write" },
      schema: {
        tags: ["documents"],
        summary: "Put many documents, one JSON object a line",
        description:
          "Each line is the body of a PUT with its `key`. 202: every line was accepted. 207: some were not, and say why.",
        consumes: [ndjson],
        params: z.object({ source: sourceSchema }),
        response: { 202: answersSchema, 207: answersSchema },
      },
      preValidation: async ({ headers }) => {
        const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
        if (type !== undefined && ndjsonTypes.includes(type)) return;
        const detail = `send ${ndjson}, one JSON object a line`;
        throw new RequestError(415, "content-type-not-supported", detail);
      },
    },
    async ({ params: { source }, body, headers, rights }, reply) => {
      requireSource(rights, source);
      const stream = body as Readable;
      const answers = await bulkWrite(stream.iterator({ destroyOnReturn: false }), {
        operations,
        source,
        rights,
        signal: hangUpOf(reply),
        trace: traceOf(headers),
        lineBytesMax: options.bodyBytesMax ?? bounds.lineBytesMax,
      }).catch((error: unknown) => {
        // The rest is let go, so that the sender gets to read why.
        stream.resume();
        throw error;
      });
      reply.code(answers.some((answer) => "error" in answer) ? 207 : 202);
      if (headers.accept?.includes("application/json")) return reply.send(answers as WireAnswers);
      return reply.type(ndjson).send(asLines(answers) as unknown as WireAnswers);
    },
  );
}

type WireAnswers = z.output<typeof answersSchema>;

function asLines(answers: readonly LineAnswer[]): string {
  return answers.map((answer) => `${JSON.stringify(answer)}\n`).join("");
}
