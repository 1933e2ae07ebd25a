/** The errors of the AWS clients: what was answered, or that nothing was. */
import { types } from "node:util";

export interface ServiceFailure {
  /** The service's name for it, or the network's. */
  readonly code: string;
  /** Null when no answer came. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly isDeleteMarker: boolean;
}

interface ClientError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  readonly $response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** Without an answer: a name that the clients give, or a code of the operating system. */
const silentNames = new Set([
  "TimeoutError",
  "NetworkingError",
  "CredentialsProviderError",
  "ProviderError",
  "TokenProviderError",
]);
const bodilessCodes: Readonly<Record<number, string>> = {
  301: "PermanentRedirect",
  403: "AccessDenied",
  404: "NotFound",
  412: "PreconditionFailed",
};

/** Throws again what no service and no network says: a bug. */
export function codeOfFailure(error: unknown): ServiceFailure {
  if (!types.isNativeError(error)) throw error;
  const { code, message, name, $metadata, $response } = error as ClientError;
  const headers = $response?.headers ?? {};
  const status = $metadata?.httpStatusCode ?? $response?.statusCode ?? null;
  const facts = {
    status,
    retryAfterMs: secondsOf(headers["retry-after"]),
    isDeleteMarker: headers["x-amz-delete-marker"] === "true",
  };
  if (status !== null) {
    // An answer without a body, as to HEAD, has a status and no name.
    const isNamed = /^[A-Z][A-Za-z]+(?:\.[A-Za-z]+)*$/u.test(name) && !unnamed.has(name);
    return { ...facts, code: isNamed ? name : (bodilessCodes[status] ?? `status ${status}`) };
  }
  if (silentNames.has(name)) return { ...facts, code: name === "TimeoutError" ? name : message };
  if (typeof code === "string") return { ...facts, code };
  // The client tried, some times in a row, and no answer came.
  if ($metadata?.attempts !== undefined) return { ...facts, code: networkCodeIn(message) };
  throw error;
}

function networkCodeIn(message: string): string {
  return /\bE[A-Z]{4,}\b/u.exec(message)?.[0] ?? "no answer";
}

const unnamed = new Set(["Error", "UnknownError", "Unknown", "SyntaxError"]);

function secondsOf(header: string | undefined): number | null {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) ? seconds * 1000 : null;
}
