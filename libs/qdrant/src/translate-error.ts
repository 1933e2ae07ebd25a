/**
 * The client's errors → the three ways to fail. Messages are made here: what the client says may
 * hold whatever stood in a request.
 */
import {
  QdrantClientResourceExhaustedError,
  QdrantClientTimeoutError,
} from "@qdrant/js-client-rest";
import { TransientError } from "@tidemark/pipeline";
import { MissingCollectionError, RefusedRequestError } from "./errors.ts";

export const dependency = "qdrant";

const detailCharactersMax = 300;
const requestTimeout = 408;
const isWithoutIndex = /\bNo \w+ index for\b|\bIndex required but not found\b/u;
const tooManyRequests = 429;

/**
 *   what happened                    outcome
 *   no answer, not in time, cut off  transient
 *   408, 429, 5xx                    transient
 *   404 of a collection              transient: it may be made again
 *   400 for want of a payload index  transient: whoever makes the collection makes them after it
 *   another 4xx                      a bug, or a key without rights
 *   anything else                    what it was
 */
export function translateError(
  error: unknown,
  asked: { readonly what: string; readonly secret: string | null },
): unknown {
  const { what } = asked;
  if (error instanceof QdrantClientTimeoutError || isNamed(error, "AbortError")) {
    return new TransientError(`qdrant did not answer in time: ${what}`, { dependency });
  }
  if (error instanceof QdrantClientResourceExhaustedError) {
    // The client keeps the first digit of the header alone: a wait that is too short, not too long.
    const retryAfterMs = error.retry_after * 1000;
    return new TransientError(`qdrant is busy: ${what}`, { dependency, retryAfterMs });
  }
  if (isAnswer(error)) return refused(error, asked);
  // What the runtime throws for a connection: refused, reset, broken off, a certificate.
  if (isNamed(error, "TypeError") && error.cause !== undefined) {
    const why = reasonOf(error.cause);
    return new TransientError(`qdrant did not answer: ${what}: ${why}`, {
      cause: error,
      dependency,
    });
  }
  if (isNamed(error, "SyntaxError")) {
    return new TransientError(`qdrant's answer is cut off: ${what}`, { dependency });
  }
  return error;
}

const brokenOff: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** Whether the connection ended under the request, as one does that had been idle for too long. */
export function isBrokenOff(error: unknown): boolean {
  const cause = (error as { readonly cause?: { readonly code?: unknown } } | null)?.cause;
  return brokenOff.has(cause?.code);
}

/** By name, since the runtime's errors may be of another realm's classes. */
function isNamed(error: unknown, name: string): error is Error {
  return (error as { readonly name?: unknown } | null)?.name === name;
}

interface Refusal {
  readonly status: number;
  readonly data: unknown;
}

/** The client does not export the class of an answer that is no success. */
function isAnswer(error: unknown): error is Refusal {
  return typeof (error as { readonly status?: unknown } | null)?.status === "number";
}

function refused(
  { status, data }: Refusal,
  { what, secret }: { readonly what: string; readonly secret: string | null },
): Error {
  const detail = detailOf(data, secret);
  const told = `qdrant answered ${status}: ${what}${detail === "" ? "" : `: ${detail}`}`;
  if (status >= 500 || status === requestTimeout || status === tooManyRequests) {
    return new TransientError(told, { dependency });
  }
  // An absent record is no error, so what is not found is a collection.
  if (status === 404) return new MissingCollectionError(told, { dependency });
  if (isWithoutIndex.test(detail)) return new TransientError(told, { dependency });
  return new RefusedRequestError(status, told);
}

function detailOf(data: unknown, secret: string | null): string {
  const status = (data as { readonly status?: unknown } | null)?.status;
  const told = (status as { readonly error?: unknown } | null)?.error ?? data;
  const text = typeof told === "string" ? told : "";
  const plain = secret === null || secret === "" ? text : text.replaceAll(secret, "***");
  return plain.slice(0, detailCharactersMax);
}

function reasonOf(cause: unknown): string {
  const { code, message } = (cause ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  if (typeof code === "string") return code;
  return typeof message === "string" ? message : "no reason given";
}
