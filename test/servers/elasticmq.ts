/**
 * A real queue of SQS for tests: the server that `TIDEMARK_TEST_SQS` names (its URL), else a
 * container where Docker has the image, else an ElasticMQ of our own from Maven's jars.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenericContainer, Wait } from "testcontainers";
import { firstFound, type Finding } from "./available.ts";
import { cacheDirectory, isCached } from "./cache.ts";
import { absenceOfImage } from "./container-image.ts";
import { elasticmqCache, elasticmqVersion } from "./elasticmq-install.ts";
import { freePorts } from "./free-port.ts";
import { absenceOf } from "./maven-jars.ts";
import { ServerProcess } from "./server-process.ts";

const name = "elasticmq";
const image = `softwaremill/elasticmq-native:${elasticmqVersion}`;
const readyLine = /ElasticMQ server .*started/u;

export interface SqsServer extends AsyncDisposable {
  /** Where its API is; queues are below it. */
  readonly url: string;
}

export function findElasticmq(): Promise<Finding<SqsServer>> {
  return firstFound<SqsServer>(name, [findNamed, findContainer, findLocalElasticmq]);
}

/** One that a test can stop, start again and pause; what it held is gone when it starts again. */
export async function findLocalElasticmq(): Promise<Finding<LocalElasticmq>> {
  const notInstalled = isCached(elasticmqCache)
    ? null
    : `run \`node test/servers/install.ts ${name}\``;
  const absence = (await absenceOf("java", "-version")) ?? notInstalled;
  return absence
    ? { kind: "absent", name, reason: absence }
    : { kind: "found", name, start: () => LocalElasticmq.start() };
}

async function findNamed(): Promise<Finding<SqsServer>> {
  const url = process.env["TIDEMARK_TEST_SQS"];
  if (!url) return { kind: "absent", name, reason: "TIDEMARK_TEST_SQS is not set" };
  const start = async () => ({ url, [Symbol.asyncDispose]: async () => {} });
  return { kind: "found", name, start };
}

async function findContainer(): Promise<Finding<SqsServer>> {
  const absence = await absenceOfImage(image);
  return absence
    ? { kind: "absent", name, reason: absence }
    : { kind: "found", name, start: startContainer };
}

/** It tells the URLs of its queues, so its port is chosen before it starts. */
async function startContainer(): Promise<SqsServer> {
  const [port = 0] = await freePorts(1);
  const container = await new GenericContainer(image)
    .withExposedPorts({ container: 9_324, host: port })
    .withCopyContentToContainer([
      {
        content: serverConfig({ bind: "0.0.0.0", listen: 9_324, port }),
        target: "/opt/elasticmq.conf",
      },
    ])
    .withWaitStrategy(Wait.forLogMessage(readyLine))
    .start();
  return {
    url: urlOf(port),
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  };
}

export class LocalElasticmq implements SqsServer {
  readonly url: string;
  readonly #folder: string;
  #process: ServerProcess;

  private constructor(folder: string, port: number, process: ServerProcess) {
    this.url = urlOf(port);
    this.#folder = folder;
    this.#process = process;
  }

  static async start(): Promise<LocalElasticmq> {
    const [port = 0] = await freePorts(1);
    const folder = await mkdtemp(join(tmpdir(), "tidemark-elasticmq-"));
    await writeFile(configIn(folder), serverConfig({ bind: "127.0.0.1", listen: port, port }));
    return new LocalElasticmq(folder, port, await startServer(folder));
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /** Starts it after `stop`, without queues. */
  async resume(): Promise<void> {
    this.#process = await startServer(this.#folder);
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
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const urlOf = (port: number) => `http://127.0.0.1:${port}`;
const configIn = (folder: string) => join(folder, "elasticmq.conf");

/** Without the address that clients use, the URLs of queues point elsewhere. */
function serverConfig(at: {
  readonly bind: string;
  readonly listen: number;
  readonly port: number;
}) {
  return `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${at.port}, context-path = "" }
rest-sqs { enabled = true, bind-hostname = "${at.bind}", bind-port = ${at.listen} }
rest-stats { enabled = false }
queues {}
`;
}

function startServer(folder: string): Promise<ServerProcess> {
  return ServerProcess.start({
    program: "java",
    args: [
      "-Xmx256m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      `-Dconfig.file=${configIn(folder)}`,
      "-cp",
      join(cacheDirectory(elasticmqCache), "jars", "*"),
      "org.elasticmq.server.Main",
    ],
    cwd: folder,
    ready: readyLine,
  });
}
