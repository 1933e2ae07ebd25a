/** What the endpoint's refusal means, and how much of its words may be repeated. */
import { PoisonError, TransientError } from "@tidemark/pipeline";
import { withoutParts } from "./hide-key.ts";
import { retryAfterMs } from "./retry-after.ts";

const messageCharactersMax = 300;
/** What is behind would not be repeated anyway. */
const scrubbedCharactersMax = 4 * messageCharactersMax;
/** A wrong key or address does not mend itself in a moment. */
const misconfiguredWaitMs = 30_000;

export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** What of an error's body is meant to be read; never the request, which some servers repeat. */
export interface RefusalWords {
  readonly message: string;
  readonly code: string;
  readonly param: string;
}

/**
 *   status                          outcome
 *   400, 413, 422 about the model   outage: check `model`
 *   400, 413, 422                   poison: one of the texts is refused
 *   401, 403                        outage: check `apiKey`
 *   402, 404, 405                   outage: check `baseUrl` and `model`
 *   408, 409, 425, 429, 5xx, other  outage, as long as `Retry-After` says
 *
 * An outage is never a document's fault: it waits, and is not dead-lettered.
 */
export function refusalError(refusal: Refusal, key: string | null, nowMs: number): Error {
  const { status } = refusal;
  const words = wordsOf(refusal.body);
  const said = scrub(words.message, key);
  const says = `status ${status}${said === "" ? "" : `: ${said}`}`;
  const misconfigured = { retryAfterMs: misconfiguredWaitMs };
  if (status === 400 || status === 413 || status === 422) {
    return words.param === "model" || /model_not_found|invalid_model|api_key/u.test(words.code)
      ? new TransientError(
          `the endpoint refused the setting model or apiKey (${says})`,
          misconfigured,
        )
      : new PoisonError("embedding-refused", `the endpoint refused a text (${says})`);
  }
  if (status === 401 || status === 403) {
    return new TransientError(`the endpoint refused the setting apiKey (${says})`, misconfigured);
  }
  if (status === 402 || status === 404 || status === 405) {
    return new TransientError(
      `the endpoint does not serve the settings baseUrl and model (${says})`,
      misconfigured,
    );
  }
  const waitMs = retryAfterMs(refusal.headers, nowMs);
  return new TransientError(
    `the endpoint did not embed (${says})`,
    waitMs === null ? {} : { retryAfterMs: waitMs },
  );
}

/** Whether the endpoint does not know a parameter, so that the request may go without it. */
export function refusesParameter(refusal: Refusal, parameter: string): boolean {
  if (refusal.status !== 400 && refusal.status !== 422) return false;
  const { message, param } = wordsOf(refusal.body);
  if (param === parameter) return true;
  return (
    message.includes(parameter) &&
    /support|unknown|unrecogni[sz]ed|unexpected|extra|permitted|allowed|matryoshka/iu.test(message)
  );
}

/** Of the shapes that OpenAI, vLLM, FastAPI, Ollama and proxies use. */
export function wordsOf(body: string): RefusalWords {
  const parsed = parseJson(body);
  const error = field(parsed, "error");
  const detail = field(parsed, "detail");
  const first: unknown = Array.isArray(detail) ? detail[0] : detail;
  const place = field(first, "loc");
  const candidates = [
    field(error, "message"),
    error,
    field(parsed, "message"),
    field(first, "msg"),
    first,
  ];
  return {
    message: candidates.find((words) => typeof words === "string") ?? "",
    code: text(field(error, "code")) || text(field(error, "type")),
    param: text(field(error, "param")) || (Array.isArray(place) ? text(place.at(-1)) : ""),
  };
}

/** Without the key, any part of it, or what looks like one, on one line, and not for long. */
export function scrub(words: string, key: string | null): string {
  const some = words.slice(0, scrubbedCharactersMax);
  return (key === null ? some : withoutParts(some, key))
    .replaceAll(/\b(?:sk|key|Bearer)[-_ ][\w*.-]{4,}/giu, "***")
    .replaceAll(/\s+/gu, " ")
    .trim()
    .slice(0, messageCharactersMax);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
