/** Every service a process of its own, on a Kafka and a Qdrant that are started for them alone. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KafkaEventLog } from "@tidemark/kafka";
import {
  chunkerGroup,
  chunksTopic,
  mutationsTopic,
  restrictorGroup,
  upserterGroup,
} from "@tidemark/pipeline";
import type { GenerationId } from "@tidemark/domain";
import { silentLogger } from "@tidemark/runtime";
import {
  serviceNames,
  ServiceProcess,
  type ServiceName,
} from "../../e2e/support/service-process.ts";
import { TidemarkApi, type DocumentToPut } from "../../e2e/support/tidemark-api.ts";
import { findLocalCluster, type LocalCluster } from "../../servers/cluster.ts";
import { freePorts } from "../../servers/free-port.ts";
import type { PartContext } from "../part.ts";
import { cpuSecondsOf, diskBytesOf, memoryOf } from "../process-usage.ts";

export interface FleetOptions {
  readonly sources: Readonly<Record<string, object>>;
  /** Vectors come from the text's hash, and queries that ask for it too. */
  readonly fixedVectors?: boolean;
  readonly environment?: NodeJS.ProcessEnv;
  /** Threads of the embedder; one a core unless given. */
  readonly embedderThreads?: number;
}

export interface Usage {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Null for those that keep nothing. */
  readonly diskBytes: number | null;
}

/** The two lines of work that records pass on their way. */
export const workers = ["chunker", "upserter"] as const;
export type Worker = (typeof workers)[number];

const generation = "g1" as GenerationId;
const prefix = "bench-";
const partitions = 6;
const bulkMax = 200;
const lookEveryMs = 20;
const fixedProgram = join(import.meta.dirname, "fixed-embedder-main.ts");

export class Fleet {
  readonly grpc: string;
  readonly #context: PartContext;
  readonly #options: FleetOptions;
  readonly #cluster: LocalCluster;
  readonly #log: KafkaEventLog;
  readonly #ports: ReadonlyMap<ServiceName, number>;
  readonly #processes = new Map<ServiceName, ServiceProcess>();

  private constructor(
    context: PartContext,
    options: FleetOptions,
    parts: {
      readonly cluster: LocalCluster;
      readonly log: KafkaEventLog;
      readonly ports: ReadonlyMap<ServiceName, number>;
      readonly grpc: string;
    },
  ) {
    this.#context = context;
    this.#options = options;
    this.#cluster = parts.cluster;
    this.#log = parts.log;
    this.#ports = parts.ports;
    this.grpc = parts.grpc;
  }

  /** Resolves when all are ready. Closed with the part. @throws where there is no Kafka or Qdrant */
  static async start(context: PartContext, options: FleetOptions): Promise<Fleet> {
    const { directory, resources } = context;
    const found = await findLocalCluster();
    if (found.kind === "absent") throw new Error(`no ${found.name}: ${found.reason}`);
    const cluster = resources.use(await found.start());
    const [grpcPort = 0, ...free] = await freePorts(serviceNames.length + 1);
    const ports = new Map(serviceNames.map((name, at) => [name, free[at] ?? 0]));
    const { brokers } = cluster.kafka;
    const topics = { partitions, replication: 1 };
    const log = resources.use(
      await KafkaEventLog.connect({
        brokers,
        prefix,
        topics,
        clientId: "tidemark-bench",
        clock: { nowMs: () => Date.now(), sleep: (ms) => sleep(ms) },
        logger: silentLogger,
      }),
    );
    const grpc = `127.0.0.1:${grpcPort}`;
    await mkdir(directory, { recursive: true });
    const config = {
      version: 1,
      sources: options.sources,
      log: { kind: "kafka", brokers, prefix, topics },
      index: { kind: "qdrant", url: cluster.qdrant.url, prefix },
      embedders: {
        minilm: {
          endpoint: grpc,
          ...(options.embedderThreads === undefined ? {} : { workers: options.embedderThreads }),
        },
      },
      server: { grpc, log: "json", data: "./data" },
    };
    await writeFile(join(directory, "tidemark.yaml"), JSON.stringify(config));
    const fleet = new Fleet(context, options, { cluster, log, ports, grpc });
    resources.defer(() => fleet.#killAll());
    await fleet.start(serviceNames);
    return fleet;
  }

  get api(): TidemarkApi {
    return new TidemarkApi(this.#process("gateway").url);
  }

  get qdrant(): { readonly url: string; readonly collection: string } {
    return { url: this.#cluster.qdrant.url, collection: `${prefix}${generation}` };
  }

  get brokers(): readonly string[] {
    return this.#cluster.kafka.brokers;
  }

  pidOf(name: ServiceName): number {
    return this.#process(name).pid;
  }

  get log(): KafkaEventLog {
    return this.#log;
  }

  async start(names: readonly ServiceName[]): Promise<void> {
    const { directory } = this.#context;
    const started = names.map((service) => {
      const isFixed = service === "embedder" && (this.#options.fixedVectors ?? false);
      const process = ServiceProcess.start({
        service,
        configFiles: [join(directory, "tidemark.yaml")],
        port: this.#ports.get(service) ?? 0,
        logFile: join(directory, `${service}.log`),
        environment: this.#options.environment ?? {},
        ...(isFixed ? { program: fixedProgram } : {}),
      });
      this.#processes.set(service, process);
      return process;
    });
    await Promise.all(started.map((process) => process.untilReady()));
  }

  async stop(names: readonly ServiceName[]): Promise<void> {
    await Promise.all(names.map((name) => this.#process(name).stop()));
  }

  /** Resolves when all are accepted: they are durable then. */
  async push(
    source: string,
    documents: readonly (DocumentToPut & { readonly key: string })[],
  ): Promise<void> {
    for (let from = 0; from < documents.length; from += bulkMax) {
      this.#context.signal.throwIfAborted();
      await this.api.bulk(source, documents.slice(from, from + bulkMax));
    }
  }

  /** Records that a worker has before it. */
  lag(worker: Worker): Promise<number> {
    return worker === "chunker"
      ? this.#log.lag(mutationsTopic, chunkerGroup(generation))
      : this.#log.lag(chunksTopic(generation), upserterGroup(generation));
  }

  /** Waits until nothing that was pushed is on its way, and so is live. @throws when one has ended */
  async untilHandled(): Promise<void> {
    for (;;) {
      this.throwIfEnded();
      const behind =
        (await this.lag("chunker")) +
        (await this.lag("upserter")) +
        (await this.#log.lag(mutationsTopic, restrictorGroup(generation)));
      if (behind === 0) return;
      await sleep(lookEveryMs, undefined, { signal: this.#context.signal });
    }
  }

  /** Of each process that is running, servers last. */
  usage(): readonly Usage[] {
    const { kafka, qdrant } = this.#cluster;
    const of = (name: string, pid: number, folder: string | null): Usage => ({
      name,
      cpuSeconds: cpuSecondsOf(pid),
      residentBytes: memoryOf(pid).residentBytes,
      diskBytes: folder === null ? null : diskBytesOf(folder),
    });
    return [
      ...[...this.#processes]
        .filter(([, { hasEnded }]) => !hasEnded)
        .map(([name, { pid }]) => of(name, pid, null)),
      of("Kafka", kafka.pid, kafka.dataDirectory),
      of("Qdrant", qdrant.pid, qdrant.dataDirectory),
    ];
  }

  throwIfEnded(): void {
    const failed = [...this.#processes.values()].find(({ hasFailed }) => hasFailed);
    if (failed) throw new Error(`it has ended: ${failed.tail}`);
  }

  #process(name: ServiceName): ServiceProcess {
    const process = this.#processes.get(name);
    if (!process) throw new Error(`${name} was not started`);
    return process;
  }

  async #killAll(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.kill()));
  }
}
