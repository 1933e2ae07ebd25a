/**
 * A real Kafka for tests: the one that `TIDEMARK_TEST_KAFKA` names (host:port), else a container
 * where Docker has the image, else one of our own from Maven's jars.
 */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenericContainer, Wait } from "testcontainers";
import { firstFound, type Finding } from "./available.ts";
import { cacheDirectory, isCached } from "./cache.ts";
import { absenceOfImage } from "./container-image.ts";
import { freePorts } from "./free-port.ts";
import {
  brokerProperties,
  kafkaCache,
  kafkaVersion,
  templateFolder,
  testSettings,
} from "./kafka-install.ts";
import { readyLine, startBroker } from "./kafka-broker.ts";
import { absenceOf } from "./maven-jars.ts";
import type { ServerProcess } from "./server-process.ts";

const name = "kafka";
const image = `apache/kafka:${kafkaVersion}`;

export interface KafkaServer extends AsyncDisposable {
  readonly brokers: readonly string[];
}

export function findKafka(): Promise<Finding<KafkaServer>> {
  return firstFound<KafkaServer>(name, [findNamed, findContainer, findLocalKafka]);
}

/** One that a test can stop, start again, pause and wipe. */
export async function findLocalKafka(): Promise<Finding<LocalKafka>> {
  const absence = (await absenceOf("java", "-version")) ?? notInstalled();
  return absence
    ? { kind: "absent", name, reason: absence }
    : { kind: "found", name, start: () => LocalKafka.start() };
}

function notInstalled(): string | null {
  return isCached(kafkaCache) ? null : "run `node test/servers/install.ts kafka`";
}

async function findNamed(): Promise<Finding<KafkaServer>> {
  const address = process.env["TIDEMARK_TEST_KAFKA"];
  if (!address) return { kind: "absent", name, reason: "TIDEMARK_TEST_KAFKA is not set" };
  const start = async () => ({
    brokers: address.split(","),
    [Symbol.asyncDispose]: async () => {},
  });
  return { kind: "found", name, start };
}

async function findContainer(): Promise<Finding<KafkaServer>> {
  const absence = await absenceOfImage(image);
  return absence
    ? { kind: "absent", name, reason: absence }
    : { kind: "found", name, start: startContainer };
}

/** The broker tells its clients where it listens, so its port is chosen before it starts. */
async function startContainer(): Promise<KafkaServer> {
  const [port = 0] = await freePorts(1);
  const settings = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": "1@127.0.0.1:9093",
    listeners: "PLAINTEXT://:9092,CONTROLLER://:9093",
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    ...testSettings,
  };
  const environment = Object.entries(settings).map(([setting, value]) => [
    `KAFKA_${setting.toUpperCase().replaceAll(".", "_")}`,
    String(value),
  ]);
  const container = await new GenericContainer(image)
    .withEnvironment(Object.fromEntries(environment) as Record<string, string>)
    .withExposedPorts({ container: 9_092, host: port })
    .withWaitStrategy(Wait.forLogMessage(readyLine))
    .start();
  return {
    brokers: [`127.0.0.1:${port}`],
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  };
}

export class LocalKafka implements KafkaServer {
  readonly brokers: readonly string[];
  readonly #folder: string;
  #process: ServerProcess;

  private constructor(folder: string, port: number, process: ServerProcess) {
    this.brokers = [`127.0.0.1:${port}`];
    this.#folder = folder;
    this.#process = process;
  }

  static async start(): Promise<LocalKafka> {
    const [broker = 0, controller = 0] = await freePorts(2);
    const folder = await mkdtemp(join(tmpdir(), "tidemark-kafka-"));
    await copyTemplate(folder);
    const properties = brokerProperties({ data: join(folder, "data"), broker, controller });
    await writeFile(join(folder, "server.properties"), properties);
    return new LocalKafka(folder, broker, await startBroker(folder));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Where its logs lie. */
  get dataDirectory(): string {
    return join(this.#folder, "data");
  }

  /** Stops it, and starts it again on the same data at the same port. */
  async restart(): Promise<void> {
    await this.stop();
    await this.resume();
  }

  /** Takes it away as a crash of the machine does, or in order. */
  async stop(how: "in order" | "killed" = "in order"): Promise<void> {
    await (how === "killed" ? this.#process.kill() : this.#process.stop());
  }

  /** Starts it after `stop`, on the data it has. */
  async resume(): Promise<void> {
    this.#process = await startBroker(this.#folder);
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

  /** The same address with none of its data: every topic, offset and group is gone. */
  async wipe(): Promise<void> {
    await this.stop("killed");
    await rm(join(this.#folder, "data"), { recursive: true });
    await copyTemplate(this.#folder);
    await this.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function copyTemplate(folder: string): Promise<void> {
  const template = join(cacheDirectory(kafkaCache), templateFolder);
  await cp(template, join(folder, "data"), { recursive: true });
}
