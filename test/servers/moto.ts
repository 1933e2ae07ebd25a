/**
 * A real S3 for tests: the server that `TIDEMARK_TEST_S3` names (its URL), else a container where
 * Docker has the image, else moto in a Python environment of its own.
 */
import { join } from "node:path";
import { GenericContainer, Wait } from "testcontainers";
import { firstFound, type Finding } from "./available.ts";
import { cacheDirectory, isCached } from "./cache.ts";
import { absenceOfImage } from "./container-image.ts";
import { freePorts } from "./free-port.ts";
import { motoCache, motoVersion } from "./moto-install.ts";
import { ServerProcess } from "./server-process.ts";

const name = "moto";
const image = `motoserver/moto:${motoVersion}`;

export interface S3Server extends AsyncDisposable {
  readonly url: string;
}

export function findMoto(): Promise<Finding<S3Server>> {
  return firstFound<S3Server>(name, [findNamed, findContainer, findLocalMoto]);
}

/** One that a test can pause. */
export async function findLocalMoto(): Promise<Finding<LocalMoto>> {
  return isCached(motoCache)
    ? { kind: "found", name, start: () => LocalMoto.start() }
    : { kind: "absent", name, reason: `run \`node test/servers/install.ts ${name}\`` };
}

async function findNamed(): Promise<Finding<S3Server>> {
  const url = process.env["TIDEMARK_TEST_S3"];
  if (!url) return { kind: "absent", name, reason: "TIDEMARK_TEST_S3 is not set" };
  const start = async () => ({ url, [Symbol.asyncDispose]: async () => {} });
  return { kind: "found", name, start };
}

async function findContainer(): Promise<Finding<S3Server>> {
  const absence = await absenceOfImage(image);
  return absence
    ? { kind: "absent", name, reason: absence }
    : { kind: "found", name, start: startContainer };
}

async function startContainer(): Promise<S3Server> {
  const port = 5_000;
  const container = await new GenericContainer(image)
    .withExposedPorts(port)
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  return {
    url: `http://127.0.0.1:${container.getMappedPort(port)}`,
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  };
}

export class LocalMoto implements S3Server {
  readonly url: string;
  readonly #process: ServerProcess;

  private constructor(url: string, process: ServerProcess) {
    this.url = url;
    this.#process = process;
  }

  static async start(): Promise<LocalMoto> {
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const process = await ServerProcess.start({
      program: join(cacheDirectory(motoCache), "venv/bin/python"),
      args: ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
      ready: async () => (await fetch(`${url}/moto-api/data.json`)).ok,
    });
    return new LocalMoto(url, process);
  }

  /** It answers nothing for as long as `body` takes; connections stay open. */
  async whilePaused<T>(body: () => Promise<T>): Promise<T> {
    await this.#process.pause();
    try {
      return await body();
    } finally {
      this.#process.resume();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
