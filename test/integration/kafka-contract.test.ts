/** The event log on a real Kafka under the contract of every event log. */
import type { EventLog } from "@tidemark/pipeline";
import { eventLogContract } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findKafka, type KafkaServer } from "../servers/kafka.ts";
import { compactNow, tidyTopics, truncate } from "./support/kafka-admin.ts";
import { openLog, type OpenedLog } from "./support/kafka-log.ts";

const opened = new WeakMap<EventLog, OpenedLog>();

function openedOf(log: EventLog): OpenedLog {
  const found = opened.get(log);
  if (!found) throw new Error("a log of another test");
  return found;
}

function contract(kafka: () => KafkaServer, partitions: number): void {
  const open = async (prefix?: string) => {
    const one = await openLog(kafka(), { partitions, ...(prefix ? { prefix } : {}) });
    opened.set(one.log, one);
    return one.log;
  };
  eventLogContract(`kafka, ${partitions} partitions`, () => open(), {
    openAnother: (log) => open(openedOf(log).prefix),
    recreate: (log, topic) => log.dropTopic(topic),
    truncate: (log, topic, partition, before) =>
      truncate(kafka(), openedOf(log).prefix + topic, { partition, before }),
    compact: (log, topic) => compactNow(kafka(), openedOf(log), topic),
  });
}

describeWith("kafka", await findKafka(), (kafka) => {
  tidyTopics(kafka);

  contract(kafka, 1);
  contract(kafka, 3);
});
