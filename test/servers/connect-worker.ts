/** A worker of Kafka Connect as a process of its own, with the address that it is asked at. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheDirectory } from "./cache.ts";
import { connectArchive, connectCache, jarsIn } from "./connect-install.ts";
import { freePorts } from "./free-port.ts";
import { ServerProcess } from "./server-process.ts";

/** Small, and quick to start. */
const testFlags = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
/** As Kafka's own script starts it. */
export const usualFlags = [
  "-Xms256m",
  "-Xmx2g",
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
];

export interface ConnectWorker extends AsyncDisposable {
  readonly url: string;
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  stop(how: "in order" | "killed"): Promise<void>;
  /** Starts it after `stop`; what it was told is in Kafka. */
  resume(): Promise<void>;
}

export interface WorkerOptions {
  /** Of the Java machine. */
  readonly flags?: readonly string[];
  /** Where it writes down which classes it loaded, once it ends. */
  readonly archiveTo?: string;
}

export async function startWorker(
  brokers: readonly string[],
  { archiveTo, flags = testFlags }: WorkerOptions = {},
): Promise<ConnectWorker> {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), "tidemark-connect-"));
  const properties = join(folder, "worker.properties");
  await writeFile(properties, propertiesOf(brokers, url));
  const home = cacheDirectory(connectCache);
  const archive = join(home, connectArchive);
  const shared = existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : [];
  const classes = archiveTo === undefined ? shared : [`-XX:ArchiveClassesAtExit=${archiveTo}`];
  const start = () =>
    ServerProcess.start({
      program: "java",
      args: [
        ...classes,
        ...flags,
        "-cp",
        join(jarsIn(home), "*"),
        "org.apache.kafka.connect.cli.ConnectDistributed",
        properties,
      ],
      cwd: folder,
      ready: async () => (await fetch(`${url}/connectors`)).ok,
    });
  let process = await start();
  return {
    url,
    get pid() {
      return process.pid;
    },
    stop: (how) => (how === "killed" ? process.kill() : process.stop()),
    async resume() {
      process = await start();
    },
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function propertiesOf(brokers: readonly string[], url: string): string {
  const converter = "org.apache.kafka.connect.json.JsonConverter";
  const settings: Record<string, string | number | boolean> = {
    "bootstrap.servers": brokers.join(),
    "group.id": "connect",
    "config.storage.topic": "connect-config",
    "config.storage.replication.factor": 1,
    "offset.storage.topic": "connect-offset",
    "offset.storage.replication.factor": 1,
    "status.storage.topic": "connect-status",
    "status.storage.replication.factor": 1,
    "offset.storage.partitions": 1,
    "status.storage.partitions": 1,
    "offset.flush.interval.ms": 1_000,
    listeners: url,
    "plugin.discovery": "service_load",
    "key.converter": converter,
    "value.converter": converter,
    "key.converter.schemas.enable": false,
    "value.converter.schemas.enable": false,
    // One worker is all there will be.
    "scheduled.rebalance.max.delay.ms": 0,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
