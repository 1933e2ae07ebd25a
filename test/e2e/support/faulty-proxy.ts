/** Stands between a process and an HTTP server, and answers in its place when it is told to. */
import { once } from "node:events";
import { Agent, createServer, request, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly method: string;
  readonly path: string;
}

/** What is answered in the server's place. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
}

const full = "Service internal error: No space left on device";

/** What a Qdrant does whose disk is full: it answers questions, and takes nothing. */
export function refuseQdrantWrites({ method, path }: Asked): Refusal | null {
  const isWrite =
    method === "PUT" || method === "DELETE" || /\/points\/(?:delete|batch|payload)/u.test(path);
  return isWrite ? { status: 500, body: JSON.stringify({ status: { error: full } }) } : null;
}

export class FaultyProxy implements AsyncDisposable {
  /** Null passes the question on. */
  fault: ((asked: Asked) => Refusal | null) | null = null;
  /** Called with what the server itself has answered well. */
  done: ((asked: Asked) => void) | null = null;
  readonly #to: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: Server;

  private constructor(to: URL) {
    this.#to = to;
    this.#server = createServer((asked, answer) => {
      const { headers, method = "GET", url: path = "/" } = asked;
      const refusal = this.fault?.({ method, path });
      if (refusal) {
        asked.resume();
        const { body, contentType = "application/json", status } = refusal;
        answer.writeHead(status, { "content-type": contentType }).end(body);
        return;
      }
      const { hostname, port } = this.#to;
      const passed = request({ agent: this.#agent, hostname, port, path, method, headers });
      passed.on("response", (response: IncomingMessage) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
        if ((response.statusCode ?? 500) < 300) this.done?.({ method, path });
        response.on("error", () => answer.destroy());
      });
      // Whoever asks finds the connection cut, as by a server that is away.
      passed.on("error", () => answer.destroy());
      asked.on("error", () => passed.destroy());
      answer.on("close", () => {
        if (!answer.writableFinished) passed.destroy();
      });
      asked.pipe(passed);
    });
  }

  static async start(to: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(new URL(to));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
    this.#agent.destroy();
  }
}
