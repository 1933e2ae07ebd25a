/**
 * W3C trace context of a request: the caller's when it is well formed, a new one otherwise, so that
 * every change can be followed from its request to the search that finds it.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */
import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isTraceContext } from "@tidemark/domain";

export function traceOf(headers: IncomingHttpHeaders): string {
  const { traceparent } = headers;
  if (typeof traceparent === "string" && isTraceContext(traceparent)) return traceparent;
  return `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
}
