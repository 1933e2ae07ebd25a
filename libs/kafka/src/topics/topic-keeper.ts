/**
 * The topics as they are now: made when they are first used, checked once, looked at again when what
 * is known is old. A topic that was made anew by somebody else shows by its id.
 */
import { topicPolicy, TransientError, type Clock, type PipelineLogger } from "@tidemark/pipeline";
import { askAgain } from "../brokers/ask-again.ts";
import type { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import { typeOf, withKafka } from "../brokers/kafka-errors.ts";
import type { TopicMetadata } from "../wire/metadata.ts";
import {
  checkSettings,
  partitionsOf,
  recordBytesMaxDefault,
  topicSettings,
  type TopicOptions,
} from "./topic-settings.ts";

export interface TopicState {
  /** As Kafka calls it. */
  readonly name: string;
  readonly id: string;
  readonly partitions: number;
  /** By partition; -1 where there is none at present. */
  readonly leaders: readonly number[];
  readonly recordBytesMax: number;
}

interface Known {
  readonly state: TopicState;
  readonly readAtMs: number;
}

export interface TopicKeeperOptions extends TopicOptions {
  readonly brokers: KafkaBrokers;
  readonly prefix: string;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
}

const topicResource = 2;
const requestWithinMs = 10_000;
const lookAgainMs = 50;
const looksMax = 200;
/** What may have changed meanwhile shows by an error, or after this long. */
export const stateAgeMaxMs = 5_000;

export class TopicKeeper {
  readonly #options: TopicKeeperOptions;
  readonly #known = new Map<string, Known>();
  readonly #looking = new Map<string, Promise<TopicState | null>>();

  constructor(options: TopicKeeperOptions) {
    this.#options = options;
  }

  nameOf(topic: string): string {
    return this.#options.prefix + topic;
  }

  /** The topic, made if it is not there. @throws TopicSettingsError where it must not be used */
  async ensure(topic: string, ageMaxMs = stateAgeMaxMs): Promise<TopicState> {
    const { clock } = this.#options;
    for (let looks = 0; looks < looksMax; looks += 1) {
      const state = await this.find(topic, looks === 0 ? ageMaxMs : 0);
      // One that was just made takes a moment until it can be written to.
      if (state && (looks === 0 || isLed(state))) return state;
      if (!state) await this.#make(topic);
      await clock.sleep(lookAgainMs);
    }
    throw new TransientError(`Kafka has made ${this.nameOf(topic)} and does not show it`, {
      dependency: "log",
    });
  }

  /** The topic as it is; null when there is none by the name. */
  async find(topic: string, ageMaxMs = stateAgeMaxMs): Promise<TopicState | null> {
    const known = this.#known.get(topic);
    const { clock } = this.#options;
    if (known && clock.nowMs() - known.readAtMs < ageMaxMs) return known.state;
    const looking = this.#looking.get(topic) ?? this.#look(topic);
    this.#looking.set(topic, looking);
    try {
      return await looking;
    } finally {
      this.#looking.delete(topic);
    }
  }

  /** What is known may be wrong: it is asked for again. */
  forget(topic: string): void {
    this.#known.delete(topic);
  }

  /** When it resolves the topic is gone, and the offsets that groups had in it. */
  async drop(topic: string): Promise<void> {
    const { brokers, clock } = this.#options;
    const name = this.nameOf(topic);
    await withKafka(`deleting ${name}`, async () => {
      try {
        const controller = await brokers.controller();
        await controller.deleteTopics({ topics: [name], timeout: requestWithinMs });
      } catch (error) {
        if (typeOf(error) !== "UNKNOWN_TOPIC_OR_PARTITION") throw error;
      }
    });
    for (let looks = 0; looks < looksMax && (await this.find(topic, 0)); looks += 1) {
      await clock.sleep(lookAgainMs);
    }
  }

  #look(topic: string): Promise<TopicState | null> {
    const { brokers, clock } = this.#options;
    const name = this.nameOf(topic);
    return askAgain({
      doing: `looking at ${name}`,
      clock,
      stale: () => this.forget(topic),
      ask: async () => {
        const readAtMs = clock.nowMs();
        const metadata = await brokers.topic(name);
        if (!metadata) {
          this.forget(topic);
          return null;
        }
        const state = await this.#stateOf(topic, metadata);
        this.#known.set(topic, { state, readAtMs });
        return state;
      },
    });
  }

  async #stateOf(topic: string, { id, leaders }: TopicMetadata): Promise<TopicState> {
    const before = this.#checked.get(topic);
    const isSame = before?.id === id;
    const recordBytesMax = isSame ? before.recordBytesMax : await this.#check(topic);
    this.#checked.set(topic, { id, recordBytesMax });
    return { name: this.nameOf(topic), id, partitions: leaders.length, leaders, recordBytesMax };
  }

  readonly #checked = new Map<string, { readonly id: string; readonly recordBytesMax: number }>();

  /** Looks at the settings anew, such as when a record was too large for them. */
  recheck(topic: string): void {
    this.#checked.delete(topic);
    this.forget(topic);
  }

  /** @returns the largest record that the topic takes */
  async #check(topic: string): Promise<number> {
    const { brokers, logger } = this.#options;
    const name = this.nameOf(topic);
    try {
      const broker = await brokers.controller();
      const { resources } = await broker.describeConfigs({
        resources: [
          { type: topicResource, name, configNames: ["cleanup.policy", "max.message.bytes"] },
        ],
      });
      const settings = new Map(
        resources.flatMap(({ configEntries }) =>
          configEntries.map(({ configName, configValue }) => [configName, configValue]),
        ),
      );
      checkSettings(topic, name, settings);
      return Number(settings.get("max.message.bytes") ?? recordBytesMaxDefault);
    } catch (error) {
      if (typeOf(error) !== "TOPIC_AUTHORIZATION_FAILED") throw error;
      logger.warn({ topic: name }, "a topic's settings cannot be read; they are taken on trust");
      return recordBytesMaxDefault;
    }
  }

  async #make(topic: string): Promise<void> {
    const { brokers, logger, replication } = this.#options;
    const name = this.nameOf(topic);
    const policy = topicPolicy(topic);
    const numPartitions = partitionsOf(policy, this.#options);
    const settings = topicSettings(policy, this.#options);
    await withKafka(`creating ${name}`, async () => {
      try {
        const controller = await brokers.controller();
        await controller.createTopics({
          topics: [
            {
              topic: name,
              numPartitions,
              replicationFactor: replication,
              configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
            },
          ],
          timeout: requestWithinMs,
        });
        logger.info({ topic: name, partitions: numPartitions, replication }, "topic created");
      } catch (error) {
        if (typeOf(error) !== "TOPIC_ALREADY_EXISTS") throw error;
      }
    });
  }
}

function isLed({ leaders }: TopicState): boolean {
  return leaders.length > 0 && leaders.every((leader) => leader >= 0);
}
