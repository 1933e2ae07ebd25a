/** `/openapi.json` and, for people, `/docs`; every asset of it is in the package. */
import swagger, { type SwaggerTransform } from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiApp, ServerOptions } from "./api-app.ts";
import { problemContentType, problemSchema } from "./problem.ts";

export function registerOpenApi(app: ApiApp, options: ServerOptions): void {
  app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Tidemark",
        version: options.version,
        description: "Search that says how fresh it is, and the documents behind it.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    },
    transform: nameTheRest,
  });
  app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true, logLevel: "silent" });
  app.register(async (routes: ApiApp) => {
    const schema = { hide: true };
    const config = { access: "open" } as const;
    routes.get("/openapi.json", { schema, config }, async () => app.swagger());
  });
}

/** The `*` of a route is a parameter like others, by the name that the description gives it. */
const nameTheRest: SwaggerTransform = (document) => {
  const { url } = document;
  const access = document.route.config?.access ?? "admin";
  const { schema } = jsonSchemaTransform({
    ...document,
    schema: { ...document.schema, response: withProblem(document.schema) },
  });
  const secured = access === "open" ? schema : { ...schema, security: [{ key: [] }] };
  if (!url.endsWith("/*")) return { schema: secured, url };
  return {
    schema: { ...secured, params: renamed(schema?.params) },
    url: `${url.slice(0, -1)}:rest`,
  };
};

function withProblem(schema: unknown): object {
  const { response } = schema as { response?: object };
  const problem = {
    description: "What was wrong",
    content: { [problemContentType]: { schema: problemSchema } },
  };
  return { ...response, "4XX": problem, "5XX": problem };
}

const paramsSchema = z.object({ properties: z.record(z.string(), z.unknown()) });

function renamed(params: unknown): unknown {
  const parsed = paramsSchema.safeParse(params);
  if (!parsed.success) return params;
  const { "*": rest, ...properties } = parsed.data.properties;
  const required = [...Object.keys(properties), "rest"];
  return { type: "object", properties: { ...properties, rest }, required };
}
