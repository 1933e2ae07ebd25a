/**
 * Records of partitions, from offsets on: the Fetch request in version 11. The client library reads
 * the answer too, but not where a batch ends that compaction has emptied, and would ask for it again
 * for ever.
 */
import type { WireCall } from "../brokers/broker.ts";
import { brokerError } from "../brokers/broker-error.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

export interface FetchPlace {
  readonly partition: number;
  readonly offset: number;
  readonly bytesMax: number;
}

export interface FetchRequest {
  /** As Kafka calls it. */
  readonly topic: string;
  readonly places: readonly FetchPlace[];
  /** How long a broker waits for the first byte. */
  readonly waitMs: number;
  /** One batch is given whole, however large. */
  readonly bytesMax: number;
}

/** Of a transaction that was given up: whose, and from which offset on. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly partition: number;
  /** 0 where all is well. */
  readonly errorCode: number;
  /** Up to where records can be read: before the first transaction that is under way. */
  readonly end: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Batches; the last may be cut off. */
  readonly batches: Buffer;
}

const consumerReplica = -1;
const readCommitted = 1;
const noSession = { id: 0, epoch: -1 };
const unknownEpoch = -1;
const unknownStart = -1;

export function fetchCall(request: FetchRequest): WireCall<readonly FetchedPartition[]> {
  const body = new WireWriter()
    .int32(consumerReplica)
    .int32(request.waitMs)
    .int32(request.waitMs === 0 ? 0 : 1)
    .int32(request.bytesMax)
    .int8(readCommitted)
    .int32(noSession.id)
    .int32(noSession.epoch)
    .array([request.topic], (writer, topic) =>
      writer
        .string(topic)
        .array(request.places, (one, { bytesMax, offset, partition }) =>
          one
            .int32(partition)
            .int32(unknownEpoch)
            .int64(offset)
            .int64(unknownStart)
            .int32(bytesMax),
        ),
    )
    .array([], () => undefined) // topics to forget
    .string(""); // rack
  return { apiKey: 1, apiName: "Fetch", apiVersion: 11, body, decode: decodeFetch };
}

function decodeFetch(buffer: Buffer): readonly FetchedPartition[] {
  const reader = new WireReader(buffer);
  reader.int32(); // throttle time
  const code = reader.int16();
  if (code !== 0) throw brokerError(code);
  reader.int32(); // session
  const topics = reader.array((one) => {
    one.string();
    return one.array(readPartition);
  });
  return topics.flat();
}

function readPartition(reader: WireReader): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.int64(); // high watermark
  const end = reader.int64();
  reader.int64(); // log start
  const aborted = reader.array((one) => ({ producerId: one.int64(), firstOffset: one.int64() }));
  reader.int32(); // preferred replica
  return { partition, errorCode, end, aborted, batches: reader.bytes(Math.max(0, reader.int32())) };
}
