/**
 * What is used of a broker of the client library: its connections, signed in and encrypted as the
 * config says, and the requests it encodes. What its own consumer and producer do above that is
 * ours: they cannot fence an acknowledgement by its term, and jump when an offset is out of range.
 */
import type { WireWriter } from "../wire/wire-writer.ts";

export interface TopicPartitions<P> {
  readonly topic: string;
  readonly partitions: readonly P[];
}

export interface PartitionMessages {
  readonly partition: number;
  readonly firstSequence: number;
  readonly messages: readonly {
    readonly key: string;
    readonly value: string | null;
    readonly timestamp: string;
    readonly headers?: Readonly<Record<string, string>>;
  }[];
}

export interface JoinedGroup {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

interface GroupIdentity {
  readonly groupId: string;
  readonly memberId: string;
}

/** One for requests that wait for records, one for all others. */
export interface Connection {
  isConnected(): boolean;
  connect(): Promise<unknown>;
  authenticate(): Promise<void>;
}

export interface Broker {
  readonly connectionPool: {
    readonly pool: readonly Connection[];
    send<T>(call: unknown): Promise<T>;
  };
  isConnected(): boolean;
  connect(): Promise<void>;

  produce(request: {
    readonly topicData: readonly TopicPartitions<PartitionMessages>[];
    readonly producerId: string;
    readonly producerEpoch: number;
    readonly acks: number;
    readonly timeout: number;
  }): Promise<{
    readonly topics: readonly {
      readonly topicName: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly baseOffset: string;
      }[];
    }[];
  }>;
  initProducerId(request: {
    readonly transactionTimeout: number;
  }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
  listOffsets(request: {
    readonly topics: readonly TopicPartitions<{
      readonly partition: number;
      readonly timestamp: number;
    }>[];
    readonly isolationLevel: number;
  }): Promise<{
    readonly responses: readonly TopicPartitions<{
      readonly partition: number;
      readonly offset: string;
    }>[];
  }>;

  findGroupCoordinator(request: {
    readonly groupId: string;
    readonly coordinatorType: number;
  }): Promise<{ readonly coordinator: { nodeId: number; host: string; port: number } }>;
  joinGroup(
    request: GroupIdentity & {
      readonly sessionTimeout: number;
      readonly rebalanceTimeout: number;
      readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
    },
  ): Promise<JoinedGroup>;
  syncGroup(
    request: GroupIdentity & {
      readonly generationId: number;
      readonly groupAssignment: readonly {
        readonly memberId: string;
        readonly memberAssignment: Buffer;
      }[];
    },
  ): Promise<{ readonly memberAssignment: Buffer }>;
  heartbeat(request: GroupIdentity & { readonly groupGenerationId: number }): Promise<unknown>;
  leaveGroup(request: GroupIdentity): Promise<unknown>;
  offsetCommit(
    request: GroupIdentity & {
      readonly groupGenerationId: number;
      readonly topics: readonly TopicPartitions<{
        readonly partition: number;
        readonly offset: string;
        readonly metadata: string;
      }>[];
    },
  ): Promise<unknown>;
  offsetFetch(request: {
    readonly groupId: string;
    readonly topics: readonly TopicPartitions<{ readonly partition: number }>[];
  }): Promise<{
    readonly responses: readonly TopicPartitions<{
      readonly partition: number;
      readonly offset: string;
      readonly metadata: string | null;
    }>[];
  }>;

  createTopics(request: {
    readonly topics: readonly {
      readonly topic: string;
      readonly numPartitions: number;
      readonly replicationFactor: number;
      readonly configEntries: readonly { readonly name: string; readonly value: string }[];
    }[];
    readonly timeout: number;
  }): Promise<unknown>;
  deleteTopics(request: {
    readonly topics: readonly string[];
    readonly timeout: number;
  }): Promise<unknown>;
  describeConfigs(request: {
    readonly resources: readonly {
      readonly type: number;
      readonly name: string;
      readonly configNames: readonly string[];
    }[];
  }): Promise<{
    readonly resources: readonly {
      readonly configEntries: readonly {
        readonly configName: string;
        readonly configValue: string | null;
      }[];
    }[];
  }>;
}

/** A request that the client library does not know, or whose answer it does not read well. */
export interface WireCall<T> {
  readonly apiKey: number;
  readonly apiName: string;
  readonly apiVersion: number;
  readonly body: WireWriter;
  readonly decode: (answer: Buffer) => T;
}

/** Sends it over the broker's own connection, which is signed in and encrypted. */
export function sendCall<T>(broker: Broker, call: WireCall<T>): Promise<T> {
  const { apiKey, apiName, apiVersion, body, decode } = call;
  const { buffer } = body;
  return broker.connectionPool.send<T>({
    request: { apiKey, apiName, apiVersion, encode: async () => ({ buf: buffer, buffer }) },
    response: {
      decode: async (answer: Buffer) => ({ clientSideThrottleTime: null, answer }),
      parse: async (decoded: { readonly answer: Buffer }) => decode(decoded.answer),
    },
    logResponseError: false,
  });
}
