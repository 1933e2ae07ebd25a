/**
 * The client library, up to its brokers. It gives its cluster of brokers to whoever assigns
 * partitions, and to nobody else; so we ask as one who assigns, on a consumer that never runs.
 */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Kafka, logLevel, type ISocketFactoryArgs, type KafkaConfig } from "kafkajs";
import type { Broker } from "./broker.ts";
import { clientLog } from "./client-log.ts";
import {
  connectTimeoutMs,
  requestTimeoutMs,
  type KafkaConnectionOptions,
} from "./connection-options.ts";
import "./request-queue.ts";

interface ConnectionPool {
  readonly host: string;
  readonly port: number;
}

interface Cluster {
  readonly rootLogger: unknown;
  readonly connectionPoolBuilder: {
    build(address: { host: string; port: number; rack?: string | null }): Promise<ConnectionPool>;
  };
  readonly brokerPool: {
    createBroker(options: {
      readonly connectionPool: ConnectionPool;
      readonly logger: unknown;
      readonly nodeId?: number;
    }): Broker;
  };
}

const keepAliveMs = 60_000;

export interface ClientLibrary {
  /** Not connected yet. */
  broker(address: { host: string; port: number; nodeId?: number }): Promise<Broker>;
  /** Ends every connection at once; what waits for an answer is rejected. */
  hangUp(): void;
}

/** Does nothing on the network. */
export function openClientLibrary(options: KafkaConnectionOptions): ClientLibrary {
  const sockets = new Set<Socket>();
  const cluster = clusterOf(new Kafka(settingsOf(options, sockets)));
  return {
    async broker({ host, port, nodeId }) {
      const connectionPool = await cluster.connectionPoolBuilder.build({ host, port });
      return cluster.brokerPool.createBroker({
        connectionPool,
        logger: cluster.rootLogger,
        ...(nodeId === undefined ? {} : { nodeId }),
      });
    },
    hangUp() {
      // With an error: the library rejects what waits for an answer then, and only then.
      for (const socket of sockets) socket.destroy(new Error("the connection was closed"));
    },
  };
}

function clusterOf(kafka: Kafka): Cluster {
  let found: unknown;
  kafka.consumer({
    groupId: "unused",
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        return { name: "", version: 0, assign: async () => [], protocol: neverAsked };
      },
    ],
  });
  return found as Cluster;
}

function neverAsked(): never {
  throw new Error("the consumer that was made for its cluster has been run");
}

function settingsOf(options: KafkaConnectionOptions, sockets: Set<Socket>): KafkaConfig {
  const { brokers, clientId, logger, sasl, tls } = options;
  return {
    brokers: [...brokers],
    clientId,
    ...(tls ? { ssl: { ...tls } } : {}),
    ...(sasl ? { sasl: { ...sasl } as NonNullable<KafkaConfig["sasl"]> } : {}),
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    logLevel: logLevel.WARN,
    logCreator: clientLog(logger),
    socketFactory: (address) => {
      const socket = openSocket(address);
      sockets.add(socket);
      return socket.once("close", () => sockets.delete(socket));
    },
  };
}

function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = ssl
    ? connectTls({ host, port, ...name, ...ssl }, onConnect)
    : connectPlain({ host, port }, onConnect);
  return socket.setKeepAlive(true, keepAliveMs).setNoDelay(true);
}
