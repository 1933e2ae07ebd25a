/** What an error of the S3 client says about an object, or about the bucket. */
import { TransientError } from "@tidemark/pipeline";
import type { Refusal } from "./bucket.ts";
import { codeOfFailure, type ServiceFailure } from "./service-failure.ts";

/** Something is wrong with who asks, not with what is asked for. */
const credentialCodes = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "TokenRefreshRequired",
  "InvalidToken",
  "RequestTimeTooSkewed",
  "RequestExpired",
  "AuthorizationHeaderMalformed",
]);
const changedCodes = new Set(["NoSuchVersion", "PreconditionFailed", "MethodNotAllowed"]);
const waitCodes = new Set(["RequestTimeout", "SlowDown", "TooManyRequests", "OperationAborted"]);

/**
 *   answer                                      outcome
 *   NoSuchKey, or a delete marker               absent: nothing else is taken for it
 *   NoSuchVersion, a failed condition           changed
 *   InvalidObjectState                          archived
 *   the credentials are not accepted            transient
 *   AccessDenied, a key that cannot be used, …  blocked, with the code
 *   NoSuchBucket, any other 404, 5xx, silence   transient
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof TransientError) throw error;
  const failure = codeOfFailure(error);
  const { code, status } = failure;
  const { isDeleteMarker } = failure;
  if (code === "NoSuchKey" || isDeleteMarker) return { kind: "absent", isMarked: isDeleteMarker };
  if (changedCodes.has(code) || status === 412) return { kind: "changed" };
  if (code === "InvalidObjectState") return { kind: "archived" };
  const isRefused = status !== null && status >= 400 && status < 500;
  const isLater = credentialCodes.has(code) || waitCodes.has(code);
  if (!isRefused || isLater || [404, 408, 429].includes(status)) throw transient(failure, error);
  return { kind: "blocked", reason: code };
}

/** Null for what has no first byte; throws again whatever else is wrong. */
export function noneOfEmpty(error: unknown): null {
  if (codeOfFailure(error).status === 416) return null;
  throw error;
}

/** A listing is whole or it is nothing: whatever refuses it is waited for. */
export function listingFailure(error: unknown): TransientError {
  return transient(codeOfFailure(error), error, "the bucket cannot be listed");
}

function transient(failure: ServiceFailure, cause: unknown, what = "S3 did not answer") {
  const { code, retryAfterMs } = failure;
  const told = code === "NoSuchBucket" ? "the bucket is not there" : `${what}: ${code}`;
  return new TransientError(told, {
    cause,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}
