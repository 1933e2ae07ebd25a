/** Records of partitions that one broker leads, as the pipeline knows them. */
import type { LogRecord } from "@tidemark/pipeline";
import { sendCall, type Broker } from "../brokers/broker.ts";
import { fetchCall, type FetchRequest } from "../wire/fetch.ts";
import { readBatches } from "../wire/record-batches.ts";

export interface FetchedRecords {
  readonly partition: number;
  readonly errorCode: number;
  readonly records: readonly LogRecord[];
  readonly bytes: number;
  /** Where to read on: past gaps too. The place that was asked for where nothing was given. */
  readonly next: number;
  /** The offset behind the last record that can be read now. */
  readonly end: number;
}

/** @param topic as Tidemark calls it */
export async function fetchRecords(
  broker: Broker,
  topic: string,
  request: FetchRequest,
  wants?: (key: string) => boolean,
): Promise<readonly FetchedRecords[]> {
  const fetched = await sendCall(broker, fetchCall(request));
  return fetched.map(({ aborted, batches, end, errorCode, partition }) => {
    const from = request.places.find((place) => place.partition === partition)?.offset ?? 0;
    const read = readBatches(batches, { from, aborted, ...(wants ? { wants } : {}) });
    return {
      partition,
      errorCode,
      records: read.records.map(({ key, offset, timestampMs, value }) => ({
        topic,
        partition,
        offset,
        key,
        value,
        appendedAtMs: timestampMs,
      })),
      bytes: read.records.reduce((sum, record) => sum + record.bytes, 0),
      next: Math.max(from, read.next ?? from),
      end,
    };
  });
}
