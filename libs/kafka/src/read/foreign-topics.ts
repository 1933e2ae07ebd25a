/** Reads topics that others write: from the places that whoever asks keeps himself, without a group. */
import { TransientError, type Clock } from "@tidemark/pipeline";
import { askAgain } from "../brokers/ask-again.ts";
import { sendCall } from "../brokers/broker.ts";
import { brokerError, errorCodes } from "../brokers/broker-error.ts";
import type { KafkaConnectionOptions } from "../brokers/connection-options.ts";
import { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import { fetchCall, type FetchedPartition } from "../wire/fetch.ts";
import { readBatches, UnreadableBatchError } from "../wire/record-batches.ts";
import { readRanges } from "./partition-ranges.ts";

export interface ForeignTopicsOptions extends KafkaConnectionOptions {
  readonly clock: Clock;
}

export interface ForeignFetched {
  readonly partition: number;
  readonly records: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly timestampMs: number;
    /** Null where it has none. */
    readonly key: string | null;
    readonly value: string | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly bytes: number;
  }[];
  /** Where to read on: past gaps too. */
  readonly next: number;
  /** The offset behind the last record that can be read now. */
  readonly end: number;
  /** The first that is kept, where the place that was asked for is not; null where nothing is missing. */
  readonly begin: number | null;
}

interface Asked {
  readonly partition: number;
  readonly offset: number;
}

interface FetchOptions {
  readonly bytesMax: number;
  readonly waitMs: number;
}

interface KnownTopic {
  readonly name: string;
  readonly id: string;
  readonly leaders: readonly number[];
}

const metadataAgeMaxMs = 5_000;
const partitionBytesLeast = 64 << 10;

export class KafkaForeignTopics implements AsyncDisposable {
  readonly #brokers: KafkaBrokers;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly topic: KnownTopic; readonly readAtMs: number }>();

  constructor(options: ForeignTopicsOptions) {
    this.#brokers = new KafkaBrokers(options);
    this.#clock = options.clock;
  }

  /** Null when there is no topic by the name. */
  async find(topic: string): Promise<{ readonly id: string; readonly partitions: number } | null> {
    const found = await this.#ask(`looking at ${topic}`, topic, () => this.#look(topic));
    return found && { id: found.id, partitions: found.leaders.length };
  }

  /** @throws TransientError when nobody answers */
  async fetch(
    topic: string,
    places: readonly Asked[],
    options: FetchOptions,
  ): Promise<readonly ForeignFetched[]> {
    return this.#ask(`reading ${topic}`, topic, async () => {
      const found = await this.#look(topic);
      if (!found) return [];
      const byLeader = Map.groupBy(places, ({ partition }) => found.leaders[partition] ?? -1);
      const fetched = await Promise.all(
        [...byLeader].map(([leader, asked]) => this.#fetchFrom(leader, found, asked, options)),
      );
      return fetched.flat();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#brokers[Symbol.dispose]();
  }

  async #fetchFrom(
    leader: number,
    found: KnownTopic,
    asked: readonly Asked[],
    { bytesMax, waitMs }: FetchOptions,
  ): Promise<readonly ForeignFetched[]> {
    const broker = await this.#brokers.node(leader);
    const share = Math.max(partitionBytesLeast, Math.floor(bytesMax / asked.length));
    const places = asked.map((place) => ({ ...place, bytesMax: share }));
    const request = { topic: found.name, places, waitMs, bytesMax };
    const fetched = await sendCall(broker, fetchCall(request));
    return Promise.all(
      fetched.map(async (one) => {
        const from = asked.find(({ partition }) => partition === one.partition)?.offset ?? 0;
        if (one.errorCode === errorCodes.offsetOutOfRange) return this.#missing(found, one, from);
        if (one.errorCode !== 0) throw brokerError(one.errorCode);
        return readFetched(found.name, one, from);
      }),
    );
  }

  /** Retention took it, or the topic lost what was read already: reading goes on with what is there. */
  async #missing(
    found: KnownTopic,
    { partition }: FetchedPartition,
    from: number,
  ): Promise<ForeignFetched> {
    const [range] = await readRanges(this.#brokers, found, [partition]);
    const begin = range?.begin ?? 0;
    const end = range?.end ?? 0;
    return { partition, records: [], next: from > end ? end : begin, end, begin };
  }

  async #look(topic: string): Promise<KnownTopic | null> {
    const known = this.#known.get(topic);
    const readAtMs = this.#clock.nowMs();
    if (known && readAtMs - known.readAtMs < metadataAgeMaxMs) return known.topic;
    const metadata = await this.#brokers.topic(topic);
    const found = metadata && { name: topic, ...metadata };
    if (found) this.#known.set(topic, { topic: found, readAtMs });
    return found;
  }

  #ask<T>(doing: string, topic: string, ask: () => Promise<T>): Promise<T> {
    return askAgain({
      doing,
      clock: this.#clock,
      stale: () => this.#known.delete(topic),
      ask,
    });
  }
}

function readFetched(
  topic: string,
  { aborted, batches, end, partition }: FetchedPartition,
  from: number,
): ForeignFetched {
  const { next, records } = readable(topic, () =>
    readBatches(batches, { from, aborted, withHeaders: true }),
  );
  return {
    partition,
    records: records.map(({ headers = {}, key, ...rest }) => ({
      ...rest,
      topic,
      partition,
      key: key === "" ? null : key,
      headers,
    })),
    next: Math.max(from, next ?? from),
    end,
    begin: null,
  };
}

/** What others compress with a codec that is not read stays where it is until it can be. */
function readable<T>(topic: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnreadableBatchError)) throw error;
    throw new TransientError(`${topic}: ${error.message}`, { cause: error });
  }
}
