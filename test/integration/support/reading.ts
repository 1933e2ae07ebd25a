import type { LogConsumer, LogRecord } from "@tidemark/pipeline";
import { eventually } from "@tidemark/testing";

/** A busy machine takes half a minute to start a broker. */
export const slow = { withinMs: 120_000, everyMs: 50 };
const bounds = { recordsMax: 1_000, bytesMax: 10 << 20, waitMs: 0 };

/** Polls a while, and notes what came. */
export class Reading {
  readonly consumer: LogConsumer;
  readonly places = new Set<string>();
  readonly records: LogRecord[] = [];

  constructor(consumer: LogConsumer) {
    this.consumer = consumer;
  }

  get held(): readonly number[] {
    return [...this.consumer.held().keys()].sort((a, b) => a - b);
  }

  async poll(): Promise<void> {
    const polled = await this.consumer.poll(bounds);
    for (const record of polled) {
      this.records.push(record);
      this.places.add(`${record.partition}/${record.offset}`);
    }
  }

  async until(condition: () => void): Promise<void> {
    await eventually(async () => {
      await this.poll();
      condition();
    }, slow);
  }

  async acknowledgeAll(): Promise<void> {
    for (const { offset, partition } of this.records) {
      await this.consumer.acknowledge(partition, offset + 1);
    }
  }
}
