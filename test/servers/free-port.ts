/** Ports of this machine that nobody listens on, for servers that must be told theirs. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/**
 * Below those that connections are given from: whoever calls again and again where nobody listens
 * would else be given that very port some day, and speak with itself.
 */
const [lowest, highest] = [12_000, 32_000];
const triesMax = 200;

/** All different from each other; free for as long as nobody else is given one. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers: Awaited<ReturnType<typeof listenAnywhere>>[] = [];
  for (let made = 0; made < count; made += 1) servers.push(await listenAnywhere());
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
        }),
    ),
  );
  return ports;
}

async function listenAnywhere() {
  for (let tries = 1; ; tries += 1) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const server = createServer();
    try {
      await once(server.listen(port, "127.0.0.1"), "listening");
      return server;
    } catch (error) {
      if (tries === triesMax) throw error;
    }
  }
}
