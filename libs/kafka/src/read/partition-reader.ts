/** Bounded reads of a partition, without a group: forwards, and backwards for a document's history. */
import { TransientError, type Clock, type LogRecord } from "@tidemark/pipeline";
import { askAgain } from "../brokers/ask-again.ts";
import { brokerError, errorCodes } from "../brokers/broker-error.ts";
import type { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import type { TopicKeeper } from "../topics/topic-keeper.ts";
import { fetchRecords, type FetchedRecords } from "./fetch-records.ts";
import { readRanges } from "./partition-ranges.ts";

export interface ReadRange {
  readonly from: number;
  /** Not itself part of the range. */
  readonly to: number;
  readonly recordsMax: number;
  /** Leaves out records by their key, before their value is read. */
  readonly wants?: (key: string) => boolean;
}

export interface PartitionReaderOptions {
  readonly brokers: KafkaBrokers;
  readonly topics: TopicKeeper;
  readonly clock: Clock;
}

const fetchBytesMin = 64 << 10;
const fetchBytesMax = 4 << 20;
/** A guess, so that who wants one record is not given thousands. */
const recordBytesGuess = 4 << 10;

export class PartitionReader {
  readonly #options: PartitionReaderOptions;

  constructor(options: PartitionReaderOptions) {
    this.#options = options;
  }

  /** Ends at the range's end or the partition's, whichever comes first, and never waits for more. */
  async read(topic: string, partition: number, range: ReadRange): Promise<readonly LogRecord[]> {
    const records: LogRecord[] = [];
    let from = Math.max(0, range.from);
    while (from < range.to && records.length < range.recordsMax) {
      const fetched = await this.#fetch(topic, partition, { ...range, from });
      if (!fetched) break;
      for (const record of fetched.records) {
        if (record.offset < range.to) records.push(record);
      }
      if (fetched.next >= fetched.end) break;
      if (fetched.next === from) throw stuck(topic, partition, from);
      from = fetched.next;
    }
    return records.length > range.recordsMax ? records.slice(0, range.recordsMax) : records;
  }

  /** Null for a partition that is not there, or a place where nothing is. */
  #fetch(
    topic: string,
    partition: number,
    { from, recordsMax, wants }: ReadRange,
  ): Promise<FetchedRecords | null> {
    const { brokers, clock, topics } = this.#options;
    const guess = wants ? fetchBytesMax : recordsMax * recordBytesGuess;
    const bytesMax = Math.max(fetchBytesMin, Math.min(fetchBytesMax, guess));
    let offset = from;
    return askAgain({
      doing: `reading ${topics.nameOf(topic)}`,
      clock,
      stale: () => topics.forget(topic),
      ask: async () => {
        const state = await topics.ensure(topic);
        const leader = state.leaders[partition];
        if (leader === undefined) return null;
        const broker = await brokers.node(leader);
        const places = [{ partition, offset, bytesMax }];
        const request = { topic: state.name, places, waitMs: 0, bytesMax };
        const [fetched] = await fetchRecords(broker, topic, request, wants);
        const code = fetched?.errorCode ?? 0;
        if (code === errorCodes.offsetOutOfRange) {
          const [kept] = await readRanges(brokers, state, [partition]);
          if (!kept || offset >= kept.end) return null;
          // What the range began with is gone; its rest is not.
          offset = kept.begin;
          throw new TransientError(`${state.name} begins at ${offset} now`, { dependency: "log" });
        }
        if (code !== 0) throw brokerError(code);
        return fetched ?? null;
      },
    });
  }
}

/** A transaction under way hides what comes after it; nothing else holds a reader up. */
function stuck(topic: string, partition: number, offset: number): TransientError {
  return new TransientError(`nothing is read of ${topic} partition ${partition} at ${offset}`, {
    dependency: "log",
  });
}
