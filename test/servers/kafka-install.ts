/** What a Kafka broker of the tests is made of: jars, a formatted folder, an archive of classes. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fillCache } from "./cache.ts";
import { freePorts } from "./free-port.ts";
import { absenceOf, copyJars } from "./maven-jars.ts";
import { ServerProcess } from "./server-process.ts";

const run = promisify(execFile);

/** 4.4.0 is listed and does not resolve. */
export const kafkaVersion = "4.3.1";
export const kafkaCache = `kafka-${kafkaVersion}`;
const clusterId = "MkU3OEVBNTcwNTJENDM2Qk";

const dependencies = [
  { group: "org.apache.kafka", artifact: "kafka_2.13", version: kafkaVersion },
  // Without it the broker logs nothing, and never says that it is ready.
  { group: "org.slf4j", artifact: "slf4j-simple", version: "1.7.36" },
];

export const javaFlags = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
export const archiveFile = "kafka.jsa";
export const templateFolder = "template";

export async function installKafka(): Promise<string> {
  const absences = [await absenceOf("java", "-version"), await absenceOf("mvn", "-version")];
  const absence = absences.find((one) => one !== null);
  if (absence) throw new Error(absence);
  const home = await fillCache(kafkaCache, async (directory) => {
    await copyJars(join(directory, "jars"), dependencies);
    await formatTemplate(directory);
  });
  // An archive is for one class path: only here, where the jars stay, is it of use.
  if (!existsSync(join(home, archiveFile))) await archiveClasses(home);
  return home;
}

/** The folder of a broker that never ran. No port is in it, so that it can be copied. */
async function formatTemplate(directory: string): Promise<void> {
  const template = join(directory, templateFolder);
  await mkdir(template);
  const [broker = 0, controller = 0] = await freePorts(2);
  const properties = join(directory, "server.properties");
  await writeFile(properties, brokerProperties({ data: template, broker, controller }));
  await formatFolder({ jars: join(directory, "jars"), properties });
}

/** @param scram users that the cluster begins with, as Kafka's tool has them */
export async function formatFolder(input: {
  readonly jars: string;
  readonly properties: string;
  readonly scram?: readonly string[];
}): Promise<void> {
  const { jars, properties, scram = [] } = input;
  const tool = ["-cp", join(jars, "*"), "kafka.tools.StorageTool", "format"];
  const users = scram.flatMap((user) => ["--add-scram", user]);
  await run("java", [...tool, "-t", clusterId, "-c", properties, ...users]);
}

/** One run that writes down which classes it loaded makes all later starts faster. */
async function archiveClasses(directory: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "tidemark-kafka-"));
  await cp(join(directory, templateFolder), scratch, { recursive: true });
  const [broker = 0, controller = 0] = await freePorts(2);
  const properties = join(scratch, "server.properties");
  await writeFile(properties, brokerProperties({ data: scratch, broker, controller }));
  const archive = join(directory, archiveFile);
  const server = await ServerProcess.start({
    program: "java",
    args: [
      `-XX:ArchiveClassesAtExit=${archive}.${process.pid}`,
      ...javaFlags,
      "-cp",
      join(directory, "jars", "*"),
      "kafka.Kafka",
      properties,
    ],
    ready: /Kafka Server started/u,
  });
  await server.stop();
  await rename(`${archive}.${process.pid}`, archive);
  await rm(scratch, { recursive: true });
}

export interface BrokerFiles {
  readonly data: string;
  readonly broker: number;
  readonly controller: number;
  /** One more that asks who is there, over TLS, with its settings. */
  readonly secure?: { readonly port: number; readonly settings: Readonly<Record<string, string>> };
}

/** One node that is broker and controller. */
export function brokerProperties({ data, broker, controller, secure }: BrokerFiles): string {
  const listeners = [
    `PLAINTEXT://127.0.0.1:${broker}`,
    `CONTROLLER://127.0.0.1:${controller}`,
    ...(secure ? [`SECURE://127.0.0.1:${secure.port}`] : []),
  ].join();
  return Object.entries({
    "process.roles": "broker,controller",
    "node.id": 1,
    // Static voters: with a bootstrap server the port would be in the formatted folder.
    "controller.quorum.voters": `1@127.0.0.1:${controller}`,
    listeners,
    "advertised.listeners": listeners,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": data,
    ...testSettings,
    ...secure?.settings,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** What makes one small broker quick, wherever it runs. */
export const testSettings: Readonly<Record<string, string | number | boolean>> = {
  "auto.create.topics.enable": false,
  "offsets.topic.replication.factor": 1,
  "offsets.topic.num.partitions": 4,
  "transaction.state.log.replication.factor": 1,
  "transaction.state.log.min.isr": 1,
  "transaction.state.log.num.partitions": 4,
  "share.coordinator.state.topic.replication.factor": 1,
  "share.coordinator.state.topic.min.isr": 1,
  "group.initial.rebalance.delay.ms": 0,
  "log.cleaner.dedupe.buffer.size": 16_777_216,
  // Compaction and retention happen while a test waits for them.
  "log.cleaner.backoff.ms": 200,
  "log.retention.check.interval.ms": 1_000,
};
