/**
 * The ways to fail, on the wire and back.
 *
 *   thrown by the server   code                  what the client throws
 *   OverloadedError        RESOURCE_EXHAUSTED    OverloadedError
 *   TransientError         UNAVAILABLE           TransientError
 *   PoisonError            INVALID_ARGUMENT      PoisonError
 *   RefusedRequest         its own               PoisonError, or TransientError for NOT_FOUND
 *   anything else: a bug   INTERNAL              TransientError: it is not the caller's
 *   (no answer in time)    DEADLINE_EXCEEDED     TransientError
 *   (message too large)    RESOURCE_EXHAUSTED    PoisonError: halved, it may pass
 */
import { Metadata, status as codes } from "@grpc/grpc-js";
import type { ServiceError, StatusObject } from "@grpc/grpc-js";
import { OverloadedError, PoisonError, TransientError } from "@tidemark/pipeline";
import type { PoisonReason } from "@tidemark/pipeline";
import { serverBounds } from "./bounds.ts";

const trailers = {
  reason: "tidemark-reason",
  retryAfterMs: "tidemark-retry-after-ms",
  /** Read by gRPC's own retries; below zero they are to leave it to the caller. */
  pushbackMs: "grpc-retry-pushback-ms",
} as const;

/** A request that no try will make right, whatever its texts say. */
export class RefusedRequest extends Error {
  override name = "RefusedRequest";
  readonly code: codes.INVALID_ARGUMENT | codes.NOT_FOUND;

  constructor(code: RefusedRequest["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** What a failure comes down to, before it takes the form of a status or of a stream's answer. */
export interface FailureFacts {
  readonly code: codes;
  readonly message: string;
  readonly reason: PoisonReason | null;
  readonly retryAfterMs: number | null;
  /** Nobody expected it: it is told to the server's process, and the caller hears nothing of it. */
  readonly isBug: boolean;
}

export function failureOf(error: unknown): FailureFacts {
  const none = { reason: null, retryAfterMs: null, isBug: false };
  if (error instanceof OverloadedError) {
    const retryAfterMs = error.retryAfterMs ?? serverBounds.overloadedRetryMs;
    return { ...none, code: codes.RESOURCE_EXHAUSTED, message: error.message, retryAfterMs };
  }
  if (error instanceof TransientError) {
    const retryAfterMs = error.retryAfterMs ?? null;
    return { ...none, code: codes.UNAVAILABLE, message: error.message, retryAfterMs };
  }
  if (error instanceof PoisonError) {
    const { message, reason } = error;
    return { ...none, code: codes.INVALID_ARGUMENT, message, reason };
  }
  if (error instanceof RefusedRequest) return { ...none, code: error.code, message: error.message };
  return { ...none, code: codes.INTERNAL, message: "a bug; the server's log has it", isBug: true };
}

export function statusOf(facts: FailureFacts): Pick<StatusObject, "code" | "details" | "metadata"> {
  const metadata = new Metadata();
  if (facts.reason !== null) metadata.set(trailers.reason, facts.reason);
  if (facts.retryAfterMs !== null) {
    const waitMs = String(Math.ceil(facts.retryAfterMs));
    metadata.set(trailers.retryAfterMs, waitMs);
    // A wait that a full queue asks for is short; any other may last until tomorrow.
    const isShort = facts.code === codes.RESOURCE_EXHAUSTED;
    metadata.set(trailers.pushbackMs, isShort ? waitMs : "-1");
  }
  // Half a surrogate pair cannot be written into a header.
  return { code: facts.code, details: facts.message.toWellFormed(), metadata };
}

/** Of a poisoned text the client is told no other reason than these. */
const textReasons: readonly PoisonReason[] = ["bad-vector", "embedding-refused", "size-limit"];

/** What a client throws for the status of a call that failed. `target` is who was asked. */
export function errorOf(error: ServiceError, target: string): TransientError | PoisonError {
  const { code, details, metadata } = error;
  const cause = { cause: error };
  const message = `the embedder at ${target}: ${details}`;
  if (code === codes.INVALID_ARGUMENT) {
    const told = textReasons.find((reason) => reason === metadata.get(trailers.reason)[0]);
    return new PoisonError(told ?? "embedding-refused", message, cause);
  }
  const wait = metadata.get(trailers.retryAfterMs)[0];
  const retry = wait === undefined ? {} : { retryAfterMs: Number(wait) };
  if (code === codes.RESOURCE_EXHAUSTED) {
    if (/larger than max/u.test(details)) return new PoisonError("size-limit", message, cause);
    return new OverloadedError(message, { ...cause, ...retry });
  }
  return new TransientError(`${message} (${codes[code]})`, { ...cause, ...retry });
}
