/** Every answer that is not the one asked for is a problem document. */
import { RequestError } from "@tidemark/pipeline";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiApp, HealthParts } from "./api-app.ts";
import { faultOf, problemContentType, problemOf, type Fault } from "./problem.ts";

/** @param missing what is said of an address that no route is at */
export function registerErrors(
  app: ApiApp,
  { logger }: HealthParts,
  missing: () => Error = nothingThere,
): void {
  app.setErrorHandler((error, request, reply) => {
    const fault = faultOf(error);
    // A caller that hung up is no fault of ours, and nobody reads the answer.
    if (fault.isBug && !reply.raw.destroyed)
      logger.error({ error, requestId: request.id }, "request failed");
    return sendFault(fault, request, reply);
  });
  app.setNotFoundHandler((request, reply) => sendFault(faultOf(missing()), request, reply));
}

function nothingThere(): Error {
  return new RequestError(404, "no-such-route", "there is nothing at this address");
}

/** For what the framework refuses before any route is found. */
export function sendFrameworkError(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  sendFault(faultOf(error), request, reply);
}

function sendFault(fault: Fault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (fault.retryAfterSeconds !== null) reply.header("retry-after", fault.retryAfterSeconds);
  if (fault.status === 401) reply.header("www-authenticate", 'Bearer realm="tidemark"');
  const problem = problemOf(fault, { path: pathOf(request.url), id: request.id });
  return reply.code(fault.status).type(problemContentType).send(JSON.stringify(problem));
}

/** Without the query string. */
function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? "";
}
