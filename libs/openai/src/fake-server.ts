/** An OpenAI-compatible endpoint for tests: what it answers is known, and it fails as it is told. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bagOfWords } from "./bag-of-words.ts";
import { openTokenCounter, type TokenCounter } from "./token-counter.ts";

export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly body?: unknown;
      readonly retryAfter?: string;
    }
  /** No answer; with `billed`, the tokens are counted all the same. */
  | { readonly kind: "hang"; readonly billed: boolean }
  /** The connection is cut. */
  | { readonly kind: "cut" }
  | { readonly kind: "malformed" }
  | { readonly kind: "wrong-width" }
  | { readonly kind: "nan" };

export interface FakeServerOptions {
  /** Width when a request names none. */
  readonly dimensions?: number;
  /** Requests with another key are refused; null takes any. */
  readonly apiKey?: string | null;
  /** What it does with `encoding_format: "base64"`. */
  readonly base64?: "answers" | "ignores" | "refuses";
  /** What it does with `dimensions`. */
  readonly width?: "answers" | "refuses";
  readonly latencyMs?: number;
  /** Texts that are refused with status 400. */
  readonly refuses?: (text: string) => boolean;
}

export interface SeenRequest {
  readonly input: readonly string[];
  readonly model: string;
  readonly encodingFormat: string | null;
  readonly dimensions: number | null;
  readonly authorization: string | null;
}

const bodyBytesMax = 64 * 1024 * 1024;

export class FakeServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  /** Tokens of every request that was embedded, whether its answer arrived or not. */
  billedTokens = 0;
  readonly #options: FakeServerOptions;
  readonly #counter: TokenCounter;
  readonly #server: Server;
  readonly #faults: Fault[] = [];

  private constructor(options: FakeServerOptions, counter: TokenCounter) {
    this.#options = options;
    this.#counter = counter;
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  /** Listens on a free port of this machine. */
  static async start(options: FakeServerOptions = {}): Promise<FakeServer> {
    const fake = new FakeServer(options, await openTokenCounter("cl100k_base"));
    await new Promise<void>((resolve, reject) => {
      fake.#server.once("error", reject);
      fake.#server.listen(0, "127.0.0.1", resolve);
    });
    return fake;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** The next requests fail like this, one each. */
  fail(...faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = seenOf(request, await bodyOf(request));
    const { apiKey = null, latencyMs = 0 } = this.#options;
    if (apiKey !== null && seen.authorization !== `Bearer ${apiKey}`) {
      refuse(response, 401, `Incorrect API key provided: ${seen.authorization}`);
      return;
    }
    this.requests.push(seen);
    const fault = this.#faults.shift();
    const refusal = this.#refusalOf(seen);
    if (fault?.kind === "status") return respondStatus(response, fault);
    if (fault?.kind === "cut") return void request.socket.destroy();
    if (fault?.kind === "hang" && !fault.billed) return;
    if (refusal !== null) return refuse(response, 400, refusal.message, refusal.param);
    const tokens = seen.input.reduce((sum, text) => sum + this.#counter.count(text), 0);
    this.billedTokens += tokens;
    if (fault?.kind === "hang") return;
    const body =
      fault?.kind === "malformed" ? "{" : JSON.stringify(this.#embed(seen, tokens, fault));
    setTimeout(() => {
      response.setHeader("content-type", "application/json").end(body);
    }, latencyMs);
  }

  #refusalOf(seen: SeenRequest): { message: string; param: string | null } | null {
    const { base64 = "answers", width = "answers", refuses = () => false } = this.#options;
    if (base64 === "refuses" && seen.encodingFormat !== null) {
      return { message: "Unknown parameter: 'encoding_format'", param: "encoding_format" };
    }
    if (width === "refuses" && seen.dimensions !== null) {
      return { message: "This model does not support specifying dimensions.", param: null };
    }
    const place = seen.input.findIndex((text) => text === "" || refuses(text));
    return place < 0 ? null : { message: `'$.input[${place}]' is invalid.`, param: "input" };
  }

  /** In an order that is not the texts', as the protocol allows. */
  #embed(seen: SeenRequest, tokens: number, fault: Fault | undefined): object {
    const width =
      (seen.dimensions ?? this.#options.dimensions ?? 1536) + Number(fault?.kind === "wrong-width");
    const asBase64 = seen.encodingFormat === "base64" && this.#options.base64 !== "ignores";
    const data = seen.input.map((text, index) => {
      const vector = bagOfWords(text, width);
      if (fault?.kind === "nan" && index === 0) vector[0] = Number.NaN;
      const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
      const embedding = asBase64 ? bytes.toString("base64") : [...vector];
      return { object: "embedding", index, embedding };
    });
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    return { object: "list", model: seen.model, data: data.toReversed(), usage };
  }
}

function seenOf(request: IncomingMessage, body: string): SeenRequest {
  const parsed = JSON.parse(body) as {
    input: string | string[];
    model: string;
    encoding_format?: string;
    dimensions?: number;
  };
  return {
    input: [parsed.input].flat(),
    model: parsed.model,
    encodingFormat: parsed.encoding_format ?? null,
    dimensions: parsed.dimensions ?? null,
    authorization: request.headers.authorization ?? null,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bodyBytesMax) throw new RangeError("the request is too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function respondStatus(response: ServerResponse, fault: Fault & { kind: "status" }): void {
  if (fault.retryAfter !== undefined) response.setHeader("retry-after", fault.retryAfter);
  const { body = { error: { message: `scripted ${fault.status}` } } } = fault;
  response.writeHead(fault.status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  param: string | null = null,
): void {
  const error = { message, type: "invalid_request_error", param, code: null };
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
}
