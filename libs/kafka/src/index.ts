export type { KafkaConnectionOptions } from "./brokers/connection-options.ts";
export { KafkaRefusedError } from "./brokers/kafka-errors.ts";
export { KafkaEventLog, type KafkaEventLogOptions } from "./kafka-event-log.ts";
export { TopicSettingsError } from "./topics/topic-settings.ts";
export { KafkaForeignTopics, type ForeignTopicsOptions } from "./read/foreign-topics.ts";
