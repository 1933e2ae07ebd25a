/** How topics are made, and what of a topic that exists already is refused. */
import { controlTopic, mutationsTopic, type TopicPolicy } from "@tidemark/pipeline";

export interface TopicOptions {
  readonly partitions: number;
  /** Copies of each partition. */
  readonly replication: number;
}

const segmentsKept = 7;
const segmentLeastMs = 10 * 60_000;
const dayMs = 24 * 3_600_000;
/** What is replaced stays no longer than this, so that erased content is gone by then. */
const compactWithinMs = 7 * dayMs;
/** One record: a pushed document of 16 MiB travels inline. */
export const recordBytesMax = 20 << 20;
/** What Kafka takes where a topic does not say. */
export const recordBytesMaxDefault = 1_048_588;

/** The settings of a new topic, by Kafka's names. */
export function topicSettings(
  policy: TopicPolicy,
  { replication }: TopicOptions,
): Readonly<Record<string, string>> {
  return {
    ...cleanup(policy),
    "max.message.bytes": `${recordBytesMax}`,
    // Acknowledged by all means by two at least, where there are enough to lose one.
    "min.insync.replicas": replication >= 3 ? "2" : "1",
  };
}

function cleanup({ compact, compactAfterMs, retainMs }: TopicPolicy): Record<string, string> {
  const retention = { "retention.ms": `${retainMs ?? -1}`, ...segments(retainMs) };
  if (!compact) return { "cleanup.policy": "delete", ...retention };
  return {
    "cleanup.policy": retainMs === null ? "compact" : "compact,delete",
    "min.compaction.lag.ms": `${compactAfterMs}`,
    "max.compaction.lag.ms": `${compactWithinMs}`,
    ...(retainMs === null ? {} : retention),
  };
}

/** Only whole segments are deleted, and by themselves they are closed after a week. */
function segments(retainMs: number | null): Record<string, string> {
  if (retainMs === null) return {};
  return { "segment.ms": `${Math.max(segmentLeastMs, Math.round(retainMs / segmentsKept))}` };
}

export function partitionsOf(policy: TopicPolicy, { partitions }: TopicOptions): number {
  return policy.single ? 1 : partitions;
}

/** A topic's settings would lose what must be kept. */
export class TopicSettingsError extends Error {
  override name = "TopicSettingsError";
  readonly topic: string;

  constructor(topic: string, message: string) {
    super(message);
    this.topic = topic;
  }
}

/**
 * Refuses a topic that Kafka would delete from by age where records are the only copy.
 * @param topic as Tidemark calls it; @param physical as Kafka does
 * @throws TopicSettingsError
 */
export function checkSettings(
  topic: string,
  physical: string,
  settings: ReadonlyMap<string, string | null>,
): void {
  const policy = settings.get("cleanup.policy") ?? "";
  if (topic !== mutationsTopic && topic !== controlTopic) return;
  if (!policy.split(",").some((part) => part.trim() === "delete")) return;
  throw new TopicSettingsError(
    topic,
    `the topic ${physical} has cleanup.policy=${policy}, which would delete the only copy of what ` +
      `it holds. Set it: kafka-configs.sh --alter --entity-type topics --entity-name ${physical} ` +
      `--add-config cleanup.policy=compact`,
  );
}
