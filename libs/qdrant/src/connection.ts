/** One Qdrant, asked through its client. */
import { QdrantClient } from "@qdrant/js-client-rest";
import { getCACertificates } from "node:tls";
import { Agent } from "undici";
import type { Answer, ExactApi, Init } from "./exact-api.ts";
import type { QdrantConfig } from "./qdrant-config.ts";
import { isBrokenOff, translateError } from "./translate-error.ts";

const portDefault = 6333;
const connectionsMax = 32;
const connectTimeoutMs = 10_000;
/** Below the 5 s after which the server hangs up on a connection that is not used. */
const idleTimeoutMs = 4_000;

export type ConnectionConfig = Pick<QdrantConfig, "url" | "apiKey" | "ca" | "timeoutMs">;

export class Connection implements AsyncDisposable {
  readonly #api: ExactApi;
  readonly #agent: Agent;
  readonly #secret: string | null;

  constructor(config: ConnectionConfig) {
    const { apiKey, timeoutMs } = config;
    const address = addressOf(config.url);
    const client = new QdrantClient({
      ...address,
      timeout: timeoutMs,
      // It would ask by itself and print what it thinks; the version is checked where it counts.
      checkCompatibility: false,
      headers: {
        // Compressed answers stall for 40 ms at some sizes.
        "accept-encoding": "identity",
        // Given as a header, since the client prints a warning for a key without TLS.
        ...(apiKey === null ? {} : { "api-key": apiKey }),
      },
    });
    this.#api = client.api() as unknown as ExactApi;
    this.#secret = apiKey;
    this.#agent = agentFor(config.ca);
  }

  /** @throws TransientError, or what says why the request was refused */
  async ask<R>(
    what: string,
    request: (api: ExactApi, init: Init) => Promise<Answer<R>>,
  ): Promise<R> {
    const { data } = await this.#translated(what, request);
    const { result } = data;
    if (result === undefined) throw new Error(`qdrant answered without a result: ${what}`);
    return result;
  }

  /** Whatever answers at the address; undefined when it does not say. */
  async version(): Promise<string | undefined> {
    const { data } = await this.#translated("version", (api, init) => api.root({}, init));
    return data.version;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #translated<T>(
    what: string,
    request: (api: ExactApi, init: Init) => Promise<T>,
  ): Promise<T> {
    const init = { dispatcher: this.#agent } as unknown as Init;
    try {
      // Whatever is asked may be done twice, so a connection that was dead already costs no try.
      return await request(this.#api, init).catch((error: unknown) => {
        if (!isBrokenOff(error)) throw error;
        return request(this.#api, init);
      });
    } catch (error) {
      throw translateError(error, { what, secret: this.#secret });
    }
  }
}

/**
 * The client drops a path behind the host, and takes 6333 where a URL leaves out the port of its
 * scheme.
 */
export function addressOf(url: string): {
  readonly host: string;
  readonly port: number;
  readonly https: boolean;
  readonly prefix: string;
} {
  const { hostname, pathname, protocol, port } = new URL(url);
  const https = protocol === "https:";
  const schemePort = https ? 443 : 80;
  const isStated = new RegExp(`^[a-z]+://[^/]*:${schemePort}(/|$)`, "u").test(url);
  return {
    host: hostname,
    port: port === "" ? (isStated ? schemePort : portDefault) : Number(port),
    https,
    prefix: pathname.replace(/\/+$/u, ""),
  };
}

function agentFor(ca: string | null): Agent {
  return new Agent({
    connections: connectionsMax,
    keepAliveTimeout: idleTimeoutMs,
    // How long a request may take is the client's own bound.
    bodyTimeout: 0,
    headersTimeout: 0,
    connect: {
      timeout: connectTimeoutMs,
      ...(ca === null ? {} : { ca: [...getCACertificates("default"), ca] }),
    },
  });
}
