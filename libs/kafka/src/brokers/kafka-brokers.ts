/**
 * The brokers of a Kafka cluster: who leads what, and a connection to each, made when it is needed
 * and again when it was lost. Those who wait for an answer on one set of connections delay nobody
 * on another, so every consumer has a set of its own.
 */
import type { ClusterMetadata, TopicMetadata } from "../wire/metadata.ts";
import { metadataCall } from "../wire/metadata.ts";
import { openClientLibrary, type ClientLibrary } from "./client-library.ts";
import type { KafkaConnectionOptions } from "./connection-options.ts";
import { sendCall, type Broker } from "./broker.ts";
import { KafkaUnreachableError } from "./kafka-errors.ts";

interface Node {
  readonly address: string;
  readonly broker: Broker;
}

const groupCoordinator = 0;

export class KafkaBrokers implements Disposable {
  readonly #library: ClientLibrary;
  readonly #seeds: readonly string[];
  /** Brokers as the cluster names them. */
  readonly #nodes = new Map<number, Node>();
  readonly #coordinators = new Map<string, number>();
  readonly #connecting = new Map<Broker, Promise<void>>();
  #seed: Broker | null = null;
  /** Of the known brokers, which is asked first. */
  #first = 0;
  #controllerId = -1;

  constructor(options: KafkaConnectionOptions) {
    this.#library = openClientLibrary(options);
    this.#seeds = options.brokers;
  }

  /** What the cluster is now. */
  metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    return this.#firstAnswer(async (broker) => {
      const metadata = await sendCall(broker, metadataCall(topics));
      await this.#learn(metadata);
      return metadata;
    });
  }

  async topic(name: string): Promise<TopicMetadata | null> {
    return (await this.metadata([name])).topics.get(name) ?? null;
  }

  /** A connected broker, by the id that leaders are told by. */
  async node(nodeId: number): Promise<Broker> {
    if (nodeId < 0) throw new KafkaUnreachableError("a partition has no leader at present");
    if (!this.#nodes.has(nodeId)) await this.metadata([]);
    const node = this.#nodes.get(nodeId);
    if (!node) throw new KafkaUnreachableError(`broker ${nodeId} is not in the cluster`);
    return this.#connected(node.broker);
  }

  /** Any will do where the cluster forwards; an older one wants its controller. */
  async controller(): Promise<Broker> {
    try {
      return await this.node(this.#controllerId);
    } catch {
      // It was not known yet, or is not there any more.
      await this.metadata([]);
      return this.node(this.#controllerId);
    }
  }

  /** Who keeps a group's members and offsets. */
  async coordinator(group: string): Promise<Broker> {
    const known = this.#coordinators.get(group);
    if (known !== undefined) return this.node(known);
    const { coordinator } = await this.#firstAnswer((broker) =>
      broker.findGroupCoordinator({ groupId: group, coordinatorType: groupCoordinator }),
    );
    this.#coordinators.set(group, coordinator.nodeId);
    return this.node(coordinator.nodeId);
  }

  /** It may be another one now. */
  forgetCoordinator(group: string): void {
    this.#coordinators.delete(group);
  }

  [Symbol.dispose](): void {
    this.#library.hangUp();
  }

  /** Asks known brokers, then those of the config, until one answers. */
  async #firstAnswer<T>(ask: (broker: Broker) => Promise<T>): Promise<T> {
    let problem: unknown = new KafkaUnreachableError("no broker is known");
    const known = [...this.#nodes.values()].map(({ broker }) => broker);
    const turned = known.map((_, at) => known[(at + this.#first) % known.length]);
    const opened = turned.length === 0 && this.#seed ? [this.#seed] : [];
    for (const next of [...opened, ...turned, ...this.#seeds]) {
      if (next === undefined) continue;
      try {
        const broker = typeof next === "string" ? await this.#openSeed(next) : next;
        return await ask(await this.#connected(broker));
      } catch (error) {
        problem = error;
        // Whoever hangs is not asked first again.
        this.#first += 1;
      }
    }
    throw problem;
  }

  async #openSeed(address: string): Promise<Broker> {
    this.#seed = await this.#library.broker(hostAndPort(address));
    return this.#seed;
  }

  /**
   * All its connections, whoever needs one. The library would open one as often as it is asked for
   * before it is open.
   */
  async #connected(broker: Broker): Promise<Broker> {
    const { pool } = broker.connectionPool;
    if (pool.every((connection) => connection.isConnected())) return broker;
    const connecting = this.#connecting.get(broker) ?? connect(broker);
    this.#connecting.set(broker, connecting);
    try {
      await connecting;
      return broker;
    } finally {
      this.#connecting.delete(broker);
    }
  }

  /** Brokers that moved or left are forgotten, with what hung on them. */
  async #learn({ brokers, controllerId }: ClusterMetadata): Promise<void> {
    this.#controllerId = controllerId;
    const left = new Set(this.#nodes.keys());
    for (const { nodeId, host, port } of brokers) {
      left.delete(nodeId);
      const address = `${host}:${port}`;
      if (this.#nodes.get(nodeId)?.address === address) continue;
      const broker = await this.#library.broker({ host, port, nodeId });
      this.#nodes.set(nodeId, { address, broker });
    }
    for (const nodeId of left) this.#nodes.delete(nodeId);
  }
}

async function connect(broker: Broker): Promise<void> {
  if (!broker.isConnected()) await broker.connect();
  for (const connection of broker.connectionPool.pool) {
    if (!connection.isConnected()) await connection.connect();
    await connection.authenticate();
  }
}

function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replaceAll(/^\[|\]$/gu, "");
  return { host, port: Number(address.slice(colon + 1)) };
}
