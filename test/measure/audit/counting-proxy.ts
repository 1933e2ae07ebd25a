/** Stands before a server and counts what comes from it, headers and all. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";

interface Counted {
  bytes: number;
}

export class CountingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #counted: Counted;
  readonly url: string;

  private constructor(server: Server, counted: Counted) {
    this.#server = server;
    this.#counted = counted;
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async before(url: string): Promise<CountingProxy> {
    const { hostname, port } = new URL(url);
    const counted: Counted = { bytes: 0 };
    const server = createServer((client) => {
      const upstream = connect(Number(port), hostname);
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.on("data", (data: Buffer) => {
          counted.bytes += data.length;
        });
        from.on("error", () => to.destroy());
        from.pipe(to);
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CountingProxy(server, counted);
  }

  /** Both ways, since it was last taken. */
  take(): number {
    const { bytes } = this.#counted;
    this.#counted.bytes = 0;
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
  }
}
