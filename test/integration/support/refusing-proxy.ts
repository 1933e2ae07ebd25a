/** Stands before a real S3 and refuses what it is told to, as AWS does: by key and operation. */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

type Refuses = (asked: { readonly method: string; readonly url: URL }) => boolean;

const denied =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>' +
  "<Message>Access Denied</Message></Error>";

export class RefusingProxy implements AsyncDisposable {
  /** What is refused from now on. */
  refuses: Refuses = () => false;
  readonly url: string;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async before(target: string): Promise<RefusingProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new RefusingProxy(server);
    server.on("request", (asked, answer) => proxy.#pass(target, asked, answer));
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #pass(target: string, asked: IncomingMessage, answer: ServerResponse): void {
    const { headers, method = "GET", url = "/" } = asked;
    const to = new URL(url, target);
    if (this.refuses({ method, url: to })) {
      answer.writeHead(403, { "content-type": "application/xml" }).end(denied);
      return;
    }
    const passed = request(to, { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  }
}
