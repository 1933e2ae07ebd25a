/** Opens the event log and the vector index, each of the kind that the config chooses. */
import type {
  AuditedIndex,
  EmbeddingTimes,
  Clock,
  DocumentHistory,
  EventLog,
  VectorIndex,
} from "@tidemark/pipeline";
import { KafkaEventLog } from "@tidemark/kafka";
import { openQdrantIndex } from "@tidemark/qdrant";
import { memoryBudget, type Config } from "@tidemark/runtime";
import { securityOf } from "./kafka-security.ts";
import { untilAnswered, type Starting } from "./until-answered.ts";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "@tidemark/sqlite";

export interface Stores {
  readonly log: EventLog & DocumentHistory;
  readonly index: VectorIndex & AuditedIndex & EmbeddingTimes;
  /** Null where neither is in SQLite. */
  readonly database: SqliteDatabase | null;
  readonly sqliteLog: SqliteEventLog | null;
  readonly sqliteIndex: SqliteVectorIndex | null;
  /**
   * Under which name a group's progress in a topic is kept in the index. Where log and index are not
   * one database, the topic's identity is part of it: offsets of a topic that was lost mean nothing.
   */
  readonly progressTopic: (topic: string) => Promise<string>;
}

export interface StoresOptions {
  readonly config: Config;
  readonly dataDirectory: string;
  readonly clientId: string;
  readonly clock: Clock;
  readonly starting: Starting;
  readonly resources: AsyncDisposableStack;
  readonly wrapDatabase?: ((database: SqliteDatabase) => SqliteDatabase) | undefined;
}

/** @throws DataDirectoryLockedError and other named errors of what cannot be opened */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const { config, dataDirectory, resources, wrapDatabase } = options;
  const { cacheBytes, mappedBytes } = memoryBudget(config.server.memoryBytesMax);
  const needsDatabase = config.log.kind === "sqlite" || config.index.kind === "sqlite";
  const opened = needsDatabase
    ? resources.use(
        await SqliteDatabase.open({ directory: dataDirectory, cacheBytes, mappedBytes }),
      )
    : null;
  const database = opened && (wrapDatabase?.(opened) ?? opened);
  const sqliteLog =
    database && config.log.kind === "sqlite"
      ? resources.use(new SqliteEventLog({ database }))
      : null;
  const log = sqliteLog ?? (await untilAnswered(options.starting, () => openKafka(options)));
  const sqliteIndex =
    database && config.index.kind === "sqlite"
      ? resources.use(new SqliteVectorIndex({ database }))
      : null;
  const index = sqliteIndex ?? (await untilAnswered(options.starting, () => openQdrant(options)));
  const isOne = sqliteLog !== null && sqliteIndex !== null;
  return {
    log,
    index,
    database,
    sqliteLog,
    sqliteIndex,
    progressTopic: async (topic) => {
      if (isOne) return topic;
      const { id, partitions } = await log.identity(topic);
      return `${topic}@${id}/${partitions}`;
    },
  };
}

async function openKafka({
  clientId,
  clock,
  config,
  resources,
  starting: { logger },
}: StoresOptions): Promise<KafkaEventLog> {
  const { log } = config;
  if (log.kind !== "kafka") throw new Error("the config names no Kafka");
  const { brokers, prefix, sasl, tls, topics } = log;
  return resources.use(
    await KafkaEventLog.connect({
      brokers,
      prefix,
      topics,
      clientId,
      clock,
      logger,
      ...securityOf({ sasl, tls }),
    }),
  );
}

async function openQdrant({ config, resources }: StoresOptions): Promise<Stores["index"]> {
  const { index } = config;
  if (index.kind !== "qdrant") throw new Error("the config names no Qdrant");
  const { apiKey, prefix, replication, url } = index;
  const opened = { url, prefix, replication, apiKey: apiKey?.reveal() ?? null };
  return resources.use(await openQdrantIndex(opened));
}
