import type { FastifyReply } from "fastify";

/**
 * Aborts when the connection ends before the answer does, and, harmlessly, once it is answered.
 * Fastify's own `request.signal` cannot be used: it aborts as soon as a body has been read.
 */
export function hangUpOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}
