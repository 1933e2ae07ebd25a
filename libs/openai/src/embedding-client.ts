/** One request to the endpoint. Its key is in the request's header and nowhere else. */
import { PoisonError, TransientError } from "@tidemark/pipeline";
import { parseAnswer, usageOf, vectorsOf } from "./embedding-answer.ts";
import { FirstAbort } from "./first-abort.ts";
import { refusalError, refusesParameter, type Refusal } from "./refusal.ts";

/** What a number may take in an answer, and the rest of it. */
const answerBytesPerNumber = 32;
const answerBytesBase = 1024 * 1024;

export interface ClientOptions {
  /** The URL before `/embeddings`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly dimensions: number;
  readonly apiKey: string | null;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
}

/** Parameters that some servers do not know; the request then goes without. */
const optionalParameters = ["encoding_format", "dimensions"] as const;
type OptionalParameter = (typeof optionalParameters)[number];

export class EmbeddingClient {
  readonly #options: ClientOptions;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #without: ReadonlySet<OptionalParameter> = new Set();

  /** Throws `RangeError` for a URL or key that no request can carry; it repeats neither. */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#url = embeddingsUrl(options.baseUrl);
    const { apiKey } = options;
    if (apiKey !== null && !/^[\x21-\x7E]+$/u.test(apiKey)) {
      throw new RangeError("apiKey is empty or has characters that no header can carry");
    }
    this.#headers = {
      "content-type": "application/json",
      accept: "application/json",
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
    };
  }

  /**
   * `onBilled` is called with the tokens of every answer that has some, also when it turns out to
   * be unusable. Throws `TransientError`, `PoisonError`, or the signal's reason.
   */
  async embed(input: {
    readonly texts: readonly string[];
    readonly signal: AbortSignal;
    readonly onBilled: (tokens: number | null) => void;
    /** The request was with the endpoint, and how it ended is not known. */
    readonly onUnanswered: () => void;
  }): Promise<Float32Array[]> {
    const { dimensions } = this.#options;
    let without = this.#without;
    for (;;) {
      const answer = await this.#post(input, without);
      if ("body" in answer) {
        const parsed = parsedOr(input.onUnanswered, answer.body);
        input.onBilled(usageOf(parsed).tokens);
        const vectors = vectorsOf(parsed, { texts: input.texts.length, dimensions });
        // Only what worked is remembered: the refusal may have had another cause.
        this.#without = without;
        return vectors;
      }
      const { refusal } = answer;
      const refused = optionalParameters.find(
        (parameter) => !without.has(parameter) && refusesParameter(refusal, parameter),
      );
      if (!refused) throw refusalError(refusal, this.#options.apiKey, this.#options.nowMs());
      without = new Set([...without, refused]);
    }
  }

  async #post(
    {
      onUnanswered,
      signal,
      texts,
    }: {
      readonly texts: readonly string[];
      readonly signal: AbortSignal;
      readonly onUnanswered: () => void;
    },
    without: ReadonlySet<OptionalParameter>,
  ): Promise<{ readonly body: string } | { readonly refusal: Refusal }> {
    const { model, dimensions, timeoutMs } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    using ending = new FirstAbort(signal, timeout);
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: this.#headers,
        body: JSON.stringify({
          model,
          input: texts,
          ...(without.has("encoding_format") ? {} : { encoding_format: "base64" }),
          ...(without.has("dimensions") ? {} : { dimensions }),
        }),
        signal: ending.signal,
        // A key goes to the server that it was given for.
        redirect: "error",
      });
      const bytesMax = answerBytesBase + texts.length * dimensions * answerBytesPerNumber;
      const body = await readBounded(response, bytesMax);
      if (response.ok) return { body };
      return { refusal: { status: response.status, headers: response.headers, body } };
    } catch (error) {
      if (signal.aborted || timeout.aborted || !neverSent.has(codeOf(error))) onUnanswered();
      if (error instanceof TransientError || error instanceof PoisonError) throw error;
      if (signal.aborted) throw signal.reason;
      throw timeout.aborted
        ? new TransientError(`the endpoint did not answer within timeout = ${timeoutMs} ms`)
        : new TransientError(`the endpoint could not be reached${codeOf(error)}`);
    }
  }
}

/** An answer that cannot be read says nothing of its bill. */
function parsedOr(onUnanswered: () => void, body: string): unknown {
  try {
    return parseAnswer(body);
  } catch (error) {
    onUnanswered();
    throw error;
  }
}

/** Nobody was there to take the request. */
const neverSent: ReadonlySet<string> = new Set(
  [
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "UND_ERR_CONNECT_TIMEOUT",
  ].map((code) => `: ${code}`),
);

async function readBounded(response: Response, bytesMax: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > bytesMax) {
      throw new TransientError(`the endpoint answered more than ${bytesMax} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** The code alone: messages of network errors may repeat the URL. */
function codeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } } | null)?.cause;
  return typeof cause?.code === "string" ? `: ${cause.code}` : "";
}

function embeddingsUrl(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  if (!url || !/^https?:$/u.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new RangeError("baseUrl is no http or https URL without a name and password in it");
  }
  url.pathname = `${url.pathname.replace(/\/+$/u, "")}/embeddings`;
  return url.href;
}
