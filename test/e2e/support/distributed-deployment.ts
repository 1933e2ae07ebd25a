/** Every service a process of its own, on a Kafka and a Qdrant that others may use too. */
import { randomBytes } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ClusterAddress } from "../../servers/cluster.ts";
import { freePorts } from "../../servers/free-port.ts";
import { DeploymentHome } from "./deployment-home.ts";
import type { Deployment, DeploymentOptions } from "./deployment.ts";
import { serviceNames, ServiceProcess, type ServiceName } from "./service-process.ts";
import { TidemarkApi } from "./tidemark-api.ts";

export interface DistributedOptions extends DeploymentOptions {
  readonly partitions?: number;
  /** How many of a service there are; one unless it is said. */
  readonly instances?: Partial<Record<ServiceName, number>>;
  /** What `log` of the config says besides: how to sign in, and by which certificates. */
  readonly log?: Readonly<Record<string, unknown>>;
  /** What a service's config says besides, or in place of what the others' say. */
  readonly own?: Partial<Record<ServiceName, object>>;
}

interface Instance {
  readonly service: ServiceName;
  readonly port: number;
}

const partitionsDefault = 3;

export class DistributedDeployment implements Deployment {
  readonly #home: DeploymentHome;
  readonly #instances: ReadonlyMap<string, Instance>;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #own: Partial<Record<ServiceName, object>>;
  readonly #processes = new Map<string, ServiceProcess>();
  /** Before the names of its topics, groups and collections. */
  readonly prefix: string;

  private constructor(
    of: {
      readonly home: DeploymentHome;
      readonly instances: ReadonlyMap<string, Instance>;
      readonly prefix: string;
    },
    { environment = {}, own = {} }: Pick<DistributedOptions, "environment" | "own">,
  ) {
    this.#home = of.home;
    this.#instances = of.instances;
    this.prefix = of.prefix;
    this.#environment = environment;
    this.#own = own;
  }

  /** Resolves when all of them are ready. */
  static async start(
    cluster: ClusterAddress,
    options: DistributedOptions = {},
  ): Promise<DistributedDeployment> {
    const sources = Object.values(options.sources ?? {}) as { readonly kind?: string }[];
    const hasDatabases = sources.some(({ kind }) => kind === "postgres" || kind === "debezium");
    const needed = serviceNames.filter((service) => service !== "connector" || hasDatabases);
    const services = needed.flatMap((service) =>
      Array.from({ length: options.instances?.[service] ?? 1 }, (_, at) => ({
        service,
        name: at === 0 ? service : `${service}-${at + 1}`,
      })),
    );
    const [grpc = 0, ...ports] = await freePorts(services.length + 1);
    const instances = new Map(
      services.map(({ name, service }, at) => [name, { service, port: ports[at] ?? 0 }]),
    );
    const prefix = `e2e-${randomBytes(4).toString("hex")}-`;
    const partitions = options.partitions ?? partitionsDefault;
    const http = instances.get("gateway")?.port ?? 0;
    const overlay = overlayOf(cluster, { grpc, http, log: options.log ?? {}, partitions, prefix });
    const home = await DeploymentHome.make(options, overlay);
    const deployment = new DistributedDeployment({ home, instances, prefix }, options);
    try {
      await deployment.startAll();
      return deployment;
    } catch (error) {
      await deployment[Symbol.asyncDispose]();
      throw error;
    }
  }

  get api(): TidemarkApi {
    const { gateway, ...workers } = Object.fromEntries(
      [...this.#processes].map(([name, { url }]) => [name, url]),
    );
    return new TidemarkApi(gateway ?? "", null, Object.values(workers));
  }

  get url(): string {
    return this.process("gateway").url;
  }

  /** What its processes are called: a service, with a number from the second on. */
  get processNames(): readonly string[] {
    return [...this.#instances.keys()];
  }

  get processes(): readonly ServiceProcess[] {
    return [...this.#processes.values()];
  }

  get configFiles(): readonly string[] {
    return this.#home.configFiles;
  }

  get logDirectory(): string {
    return join(this.#home.path, "logs");
  }

  process(name: string): ServiceProcess {
    const process = this.#processes.get(name);
    if (!process) throw new Error(`${name} was not started`);
    return process;
  }

  /** Starts one that has ended, or was not there yet. */
  startProcess(name: string): ServiceProcess {
    const instance = this.#instances.get(name);
    if (!instance) throw new RangeError(`no process ${name}`);
    const started = ServiceProcess.start({
      ...instance,
      configFiles: [...this.configFiles, ...this.#ownConfigOf(instance.service)],
      logFile: join(this.logDirectory, `${name}.log`),
      environment: this.#environment,
    });
    this.#processes.set(name, started);
    return started;
  }

  async startAll(): Promise<void> {
    const started = this.processNames.map((name) => this.startProcess(name));
    await Promise.all(started.map((process) => process.untilReady()));
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.stop()));
  }

  log(): string {
    return this.processes.map(({ logFile }) => readFileSync(logFile, "utf8")).join("");
  }

  /** Where a document of the folder lies. */
  at(key: string): string {
    return this.#home.at(key);
  }

  putFile(key: string, content: string | Uint8Array): Promise<void> {
    return this.#home.putFile(key, content);
  }

  deleteFile(key: string): Promise<void> {
    return this.#home.deleteFile(key);
  }

  moveFile(from: string, to: string): Promise<void> {
    return this.#home.moveFile(from, to);
  }

  unmount(leaving: "nothing" | "empty"): Promise<void> {
    return this.#home.unmount(leaving);
  }

  remount(): Promise<void> {
    return this.#home.remount();
  }

  reconfigure(options: DeploymentOptions): Promise<void> {
    return this.restart(() => this.#home.configure(options));
  }

  async restart(meanwhile?: () => Promise<void>): Promise<void> {
    await this.stopAll();
    await meanwhile?.();
    await this.startAll();
  }

  async crash(meanwhile?: () => Promise<void>): Promise<void> {
    await this.#killAll();
    await meanwhile?.();
    await this.startAll();
  }

  /** @throws with the ends of their logs when services ended by themselves */
  async [Symbol.asyncDispose](): Promise<void> {
    const failed = [...this.#processes.values()].filter(({ hasFailed }) => hasFailed);
    const tails = failed.map(({ tail }) => tail).join("\n");
    await this.#killAll();
    keepLogs(this.logDirectory, this.prefix);
    await this.#home[Symbol.asyncDispose]();
    if (failed.length > 0) throw new Error(`services ended by themselves:\n${tails}`);
  }

  #ownConfigOf(service: ServiceName): readonly string[] {
    const own = this.#own[service];
    if (!own) return [];
    const file = join(this.#home.path, `${service}.yaml`);
    writeFileSync(file, JSON.stringify({ version: 1, ...own }));
    return [file];
  }

  async #killAll(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.kill()));
  }
}

/** Whoever wants to see what processes said names a directory for it. */
function keepLogs(directory: string, prefix: string): void {
  const kept = process.env["TIDEMARK_TEST_LOGS"];
  if (kept) cpSync(directory, join(kept, `${prefix}${basename(directory)}`), { recursive: true });
}

/** Laid over what the deployment's options say, as an operator has it in a file of its own. */
function overlayOf(
  { brokers, qdrantKey, qdrantUrl }: ClusterAddress,
  own: {
    readonly grpc: number;
    /** The gateway's. */
    readonly http: number;
    readonly log: Readonly<Record<string, unknown>>;
    readonly partitions: number;
    readonly prefix: string;
  },
): object {
  const { grpc, http, partitions, prefix } = own;
  return {
    version: 1,
    log: { kind: "kafka", brokers, prefix, topics: { partitions, replication: 1 }, ...own.log },
    index: {
      kind: "qdrant",
      url: qdrantUrl,
      prefix,
      ...(qdrantKey === null ? {} : { apiKey: qdrantKey }),
    },
    embedders: { minilm: { endpoint: `127.0.0.1:${grpc}`, workers: 1 } },
    probes: { url: `http://127.0.0.1:${http}` },
    server: { grpc: `127.0.0.1:${grpc}`, log: "json", data: "./data" },
  };
}
