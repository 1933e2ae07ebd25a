/**
 * Records of all topics and partitions in the order of their times, each partition in its own order.
 * A record is given only when every partition has shown what it holds: at its end, or by its next.
 */
import { TransientError, type Clock } from "@tidemark/pipeline";
import type { ForeignRecord, ForeignTopics } from "./foreign-topics.ts";
import type { TopicPlaces } from "./line-state.ts";

export interface TopicsReaderOptions {
  readonly topics: ForeignTopics;
  readonly names: readonly string[];
  readonly places: Readonly<Record<string, TopicPlaces>>;
  readonly clock: Clock;
  readonly events: {
    /** The topic is another one by the name, and is read from its beginning. */
    renewed(topic: string): void;
    /** Records were taken away before they were read. */
    missed(place: { topic: string; partition: number; from: number; begin: number }): void;
  };
}

interface Lane {
  readonly topic: string;
  readonly partition: number;
  /** Where the next fetch begins. */
  next: number;
  end: number;
  waiting: ForeignRecord[];
}

const fetchBytesMax = 4 << 20;
const waitMs = 100;

export class TopicsReader {
  readonly #options: TopicsReaderOptions;
  readonly #ids = new Map<string, string>();
  #lanes: Lane[] = [];
  #readAtMs = 0;

  constructor(options: TopicsReaderOptions) {
    this.#options = options;
    for (const [topic, { id, next }] of Object.entries(options.places)) {
      if (!options.names.includes(topic)) continue;
      this.#ids.set(topic, id);
      this.#lanes.push(...next.map((from, partition) => laneOf(topic, partition, from)));
    }
  }

  /** Fetches for partitions of which nothing waits. @throws TransientError when nobody answers */
  async fill(): Promise<void> {
    const { clock, names } = this.#options;
    for (const name of names) await this.#look(name);
    const beganAtMs = clock.nowMs();
    const empty = this.#lanes.filter(({ waiting }) => waiting.length === 0);
    const isIdle = empty.length === this.#lanes.length;
    const byTopic = Map.groupBy(empty, ({ topic }) => topic);
    await Promise.all(
      [...byTopic].map(([topic, lanes]) => this.#fetch(topic, lanes, isIdle ? waitMs : 0)),
    );
    this.#readAtMs = beganAtMs;
  }

  /** The next record; null when more has to be fetched first. */
  peek(): ForeignRecord | null {
    return this.#nextLane()?.waiting[0] ?? null;
  }

  /** The record that was given is done. */
  shift(): void {
    this.#nextLane()?.waiting.shift();
  }

  /** When everything that could be read then was given; null while something waits. */
  get completeToMs(): number | null {
    const isDone = this.#lanes.every((lane) => lane.waiting.length === 0 && isAtEnd(lane));
    return isDone ? this.#readAtMs : null;
  }

  get places(): Readonly<Record<string, TopicPlaces>> {
    const byTopic = Map.groupBy(this.#lanes, ({ topic }) => topic);
    return Object.fromEntries(
      [...byTopic].map(([topic, lanes]) => [
        topic,
        {
          id: this.#ids.get(topic) ?? "",
          next: lanes.map(({ next, waiting }) => waiting[0]?.offset ?? next),
        },
      ]),
    );
  }

  async #look(topic: string): Promise<void> {
    const { events, topics } = this.#options;
    const found = await topics.find(topic);
    if (!found) throw new TransientError(`topic ${topic} is not there`);
    const known = this.#ids.get(topic);
    if (known !== undefined && known !== found.id) {
      this.#lanes = this.#lanes.filter((lane) => lane.topic !== topic);
      events.renewed(topic);
    }
    this.#ids.set(topic, found.id);
    const has = this.#lanes.filter((lane) => lane.topic === topic).length;
    for (let partition = has; partition < found.partitions; partition += 1) {
      this.#lanes.push(laneOf(topic, partition, 0));
    }
  }

  async #fetch(topic: string, lanes: readonly Lane[], wait: number): Promise<void> {
    const { events, topics } = this.#options;
    const places = lanes.map(({ next, partition }) => ({ partition, offset: next }));
    const fetched = await topics.fetch(topic, places, { bytesMax: fetchBytesMax, waitMs: wait });
    for (const { begin, end, next, partition, records } of fetched) {
      const lane = lanes.find((each) => each.partition === partition);
      if (!lane) continue;
      // At the start nothing is asked for but the beginning.
      if (begin !== null && lane.next > 0) {
        events.missed({ topic, partition, from: lane.next, begin: next });
      }
      lane.waiting.push(...records);
      lane.next = next;
      lane.end = end;
    }
  }

  #nextLane(): Lane | null {
    let first: Lane | null = null;
    for (const lane of this.#lanes) {
      const head = lane.waiting[0];
      if (!head) {
        if (isAtEnd(lane)) continue;
        return null;
      }
      if (!first?.waiting[0] || head.timestampMs < first.waiting[0].timestampMs) first = lane;
    }
    return first;
  }
}

function laneOf(topic: string, partition: number, next: number): Lane {
  return { topic, partition, next, end: Infinity, waiting: [] };
}

function isAtEnd({ end, next }: Lane): boolean {
  return next >= end;
}
