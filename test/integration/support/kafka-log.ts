/** Opens the event log on a Kafka of the tests, under names of its own. */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { KafkaEventLog, type KafkaEventLogOptions } from "@tidemark/kafka";
import type { Clock } from "@tidemark/pipeline";
import { silentLogger } from "@tidemark/runtime";
import type { KafkaServer } from "../../servers/kafka.ts";

export const realClock: Clock = {
  nowMs: () => Date.now(),
  async sleep(ms, signal) {
    await wait(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
  },
};

/** Of this test file. */
const prefixes = new Set<string>();

export function isOfThisFile(topic: string): boolean {
  return [...prefixes].some((prefix) => topic.startsWith(prefix));
}

export interface OpenedLog {
  readonly log: KafkaEventLog;
  readonly prefix: string;
}

export async function openLog(
  { brokers }: Pick<KafkaServer, "brokers">,
  options: Partial<Omit<KafkaEventLogOptions, "topics">> & { readonly partitions?: number } = {},
): Promise<OpenedLog> {
  const { partitions = 3, prefix = `t-${randomUUID().slice(0, 8)}.`, ...rest } = options;
  prefixes.add(prefix);
  const log = await KafkaEventLog.connect({
    brokers,
    prefix,
    topics: { partitions, replication: 1 },
    clientId: "tidemark-test",
    clock: realClock,
    logger: silentLogger,
    ...rest,
  });
  return { log, prefix };
}
