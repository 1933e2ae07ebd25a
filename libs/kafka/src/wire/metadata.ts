/**
 * Which brokers there are, and of topics their ids, partitions and leaders: the Metadata request in
 * version 10, the first that tells a topic's id. The client library knows older ones alone.
 */
import type { WireCall } from "../brokers/broker.ts";
import { brokerError, errorCodes } from "../brokers/broker-error.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

export interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

export interface TopicMetadata {
  /** Another one for a topic that was made anew by the name. */
  readonly id: string;
  /** By partition; -1 where there is none at present. */
  readonly leaders: readonly number[];
}

export interface ClusterMetadata {
  readonly brokers: readonly BrokerAddress[];
  readonly controllerId: number;
  /** By name; null for a topic that is not there. */
  readonly topics: ReadonlyMap<string, TopicMetadata | null>;
}

const version = 10;
const noUuid = Buffer.alloc(16);

export function metadataCall(topics: readonly string[]): WireCall<ClusterMetadata> {
  const body = new WireWriter()
    // A request of a flexible version has tags in its header too.
    .noTags()
    .compactArray(topics, (writer, name) => writer.bytes(noUuid).compactString(name).noTags())
    .boolean(false) // Topics are made by us, with a policy, and never by asking for them.
    .boolean(false)
    .boolean(false)
    .noTags();
  return { apiKey: 3, apiName: "Metadata", apiVersion: version, body, decode: decodeMetadata };
}

export function decodeMetadata(buffer: Buffer): ClusterMetadata {
  const reader = new WireReader(buffer);
  reader.skipTags();
  reader.int32(); // throttle time
  const brokers = reader.compactArray(readBroker);
  reader.compactString(); // cluster id
  const controllerId = reader.int32();
  const topics = reader.compactArray(readTopic);
  return { brokers, controllerId, topics: new Map(topics) };
}

function readBroker(reader: WireReader): BrokerAddress {
  const broker = {
    nodeId: reader.int32(),
    host: reader.compactString() ?? "",
    port: reader.int32(),
    rack: reader.compactString(),
  };
  reader.skipTags();
  return broker;
}

function readTopic(reader: WireReader): readonly [name: string, topic: TopicMetadata | null] {
  const code = reader.int16();
  const name = reader.compactString() ?? "";
  const id = reader.uuid();
  reader.boolean(); // whether it is Kafka's own
  const partitions = reader.compactArray(readPartition);
  reader.int32(); // authorized operations
  reader.skipTags();
  if (code === errorCodes.unknownTopicOrPartition) return [name, null];
  if (code !== 0 && code !== errorCodes.leaderNotAvailable) throw brokerError(code);
  const leaders = partitions.toSorted((a, b) => a.partition - b.partition);
  return [name, { id, leaders: leaders.map(({ leader }) => leader) }];
}

function readPartition(reader: WireReader) {
  reader.int16(); // its error; without a leader there is one
  const [partition, leader] = [reader.int32(), reader.int32()];
  reader.int32(); // leader epoch
  for (let list = 0; list < 3; list += 1) reader.compactArray((nodes) => nodes.int32());
  reader.skipTags();
  return { partition, leader };
}
