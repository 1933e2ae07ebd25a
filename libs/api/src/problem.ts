/** Errors as RFC 9457 problem details: what is wrong, and a code that programs can compare. */
import { STATUS_CODES } from "node:http";
import { OverloadedError, PoisonError, RequestError, TransientError } from "@tidemark/pipeline";
import { z } from "zod";

export const problemContentType = "application/problem+json";

export const problemSchema = z
  .object({
    type: z.string().meta({ description: "urn:tidemark:problem:<code>" }),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
  })
  .meta({ description: "What was wrong with a request" });
export type Problem = z.infer<typeof problemSchema>;

/** The part of a problem that depends on the error alone. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  readonly retryAfterSeconds: number | null;
  /** True when no code expected the error: it is logged, and its message stays here. */
  readonly isBug: boolean;
}

const retryAfterSecondsLeast = 1;

/**
 *   error                          status   said to the caller
 *   RequestError                   its own  its message
 *   of the schema or the framework 4xx      each field that is wrong
 *   OverloadedError                429      when to try again
 *   TransientError                 503      when to try again
 *   PoisonError                    422      its reason
 *   anything else                  500      nothing but the request id
 */
export function faultOf(error: unknown): Fault {
  if (error instanceof RequestError) return fault(error.status, error.code, error.message);
  if (error instanceof OverloadedError) return later(429, "overloaded", error);
  if (error instanceof TransientError) return later(503, "unavailable", error);
  if (error instanceof PoisonError) return fault(422, error.reason, error.message);
  return frameworkFault(error) ?? { ...fault(500, "internal", bugDetail), isBug: true };
}

export function problemOf(
  faultToTell: Fault,
  request: { readonly path: string; readonly id: string },
): Problem {
  const { status, code, detail, errors } = faultToTell;
  return {
    type: `urn:tidemark:problem:${code}`,
    title: STATUS_CODES[status] ?? "Error",
    status,
    code,
    detail,
    instance: request.path,
    requestId: request.id,
    errors: [...errors],
  };
}

/** What a failed schema says, field by field. */
export function schemaErrors(error: z.ZodError): Fault["errors"] {
  return error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
}

const bugDetail = "an error that was not expected; the log has it under the request id";

function fault(status: number, code: string, detail: string): Fault {
  return { status, code, detail, errors: [], retryAfterSeconds: null, isBug: false };
}

function later(status: number, code: string, error: TransientError): Fault {
  const seconds = Math.ceil((error.retryAfterMs ?? 0) / 1000);
  return {
    ...fault(status, code, error.message),
    retryAfterSeconds: Math.max(retryAfterSecondsLeast, seconds),
  };
}

/** The framework's own refusals, by its code. */
const frameworkFaults: Readonly<Record<string, readonly [status: number, code: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, "body-too-large"],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, "content-type-not-supported"],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, "invalid-json"],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, "invalid-json"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, "invalid-content-length"],
  FST_ERR_BAD_URL: [400, "invalid-url"],
};

function frameworkFault(error: unknown): Fault | null {
  if (!(error instanceof Error)) return null;
  const { code, statusCode, validation, validationContext } = error as FrameworkError;
  if (validation) {
    const errors = validation.map(({ instancePath, message }) => ({
      path: instancePath.slice(1).replaceAll("/", "."),
      message: message ?? "is not valid",
    }));
    const detail = `${validationContext ?? "request"} is not valid`;
    return { ...fault(400, "invalid-request", detail), errors };
  }
  const known = frameworkFaults[code ?? ""];
  if (known) return fault(known[0], known[1], error.message);
  if (statusCode === undefined || statusCode < 400 || statusCode > 499) return null;
  const isJson = error instanceof SyntaxError;
  return fault(statusCode, isJson ? "invalid-json" : "invalid-request", error.message);
}

interface FrameworkError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly validation?: readonly { readonly instancePath: string; readonly message?: string }[];
  readonly validationContext?: string;
}
