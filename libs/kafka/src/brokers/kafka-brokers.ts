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
  #controllerId = -1;

  constructor(options: KafkaConnectionOptions) {
    this.#library = openClientLibrary(options);
    this.#seeds = options.brokers;
  }

  /** What the cluster is now: asked of the first broker that answers. */
  async metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    const problems: unknown[] = [];
    for await (const broker of this.#reachable(problems)) {
      try {
        const metadata = await sendCall(broker, metadataCall(topics));
        await this.#learn(metadata);
        return metadata;
      } catch (error) {
        problems.push(error);
      }
    }
    throw problems.at(-1) ?? new KafkaUnreachableError("no broker is known");
  }

  async topic(name: string): Promise<TopicMetadata | null> {
    return (await this.metadata([name])).topics.get(name) ?? null;
  }

  /** A connected broker, by the id that leaders are told by. */
  async node(nodeId: number): Promise<Broker> {
    if (!this.#nodes.has(nodeId)) await this.metadata([]);
    const node = this.#nodes.get(nodeId);
    if (!node) throw new KafkaUnreachableError(`broker ${nodeId} is not in the cluster`);
    return this.#connected(node.broker);
  }

  /** Any will do where the cluster forwards; an older one wants its controller. */
  async controller(): Promise<Broker> {
    if (!this.#nodes.has(this.#controllerId)) await this.metadata([]);
    return this.node(this.#controllerId);
  }

  /** Who keeps a group's members and offsets. */
  async coordinator(group: string): Promise<Broker> {
    const known = this.#coordinators.get(group);
    if (known !== undefined && this.#nodes.has(known)) return this.node(known);
    if (this.#nodes.size === 0) await this.metadata([]);
    const [any] = this.#nodes.keys();
    const asked = await this.node(any ?? -1);
    const { coordinator } = await asked.findGroupCoordinator({
      groupId: group,
      coordinatorType: groupCoordinator,
    });
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

  /** Known brokers, then those of the config, for as long as none of them has answered. */
  async *#reachable(problems: unknown[]): AsyncGenerator<Broker> {
    const known = [...this.#nodes.values()].map(
      ({ broker }) =>
        async () =>
          broker,
    );
    const seeds = this.#seeds.map((address) => () => this.#openSeed(address));
    const first = this.#seed;
    const ways = [...(first && known.length === 0 ? [async () => first] : []), ...known, ...seeds];
    for (const way of ways) {
      try {
        yield await this.#connected(await way());
      } catch (error) {
        problems.push(error);
      }
    }
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
