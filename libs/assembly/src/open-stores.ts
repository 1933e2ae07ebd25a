/** Opens the event log and the vector index, each of the kind that the config chooses. */
import type { Clock, DocumentHistory, EventLog, VectorIndex } from "@tidemark/pipeline";
import { ExitError, exitCodes, type Config, type Logger } from "@tidemark/runtime";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "@tidemark/sqlite";

export interface Stores {
  readonly log: EventLog & DocumentHistory;
  readonly index: VectorIndex;
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
  readonly logger: Logger;
  readonly resources: AsyncDisposableStack;
  readonly wrapDatabase?: ((database: SqliteDatabase) => SqliteDatabase) | undefined;
}

/** @throws DataDirectoryLockedError and other named errors of what cannot be opened */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const { config, dataDirectory, resources, wrapDatabase } = options;
  const needsDatabase = config.log.kind === "sqlite" || config.index.kind === "sqlite";
  const opened = needsDatabase
    ? resources.use(await SqliteDatabase.open({ directory: dataDirectory }))
    : null;
  const database = opened && (wrapDatabase?.(opened) ?? opened);
  const sqliteLog =
    database && config.log.kind === "sqlite"
      ? resources.use(new SqliteEventLog({ database }))
      : null;
  if (!sqliteLog) throw new ExitError(exitCodes.config, "log.kind: kafka is not built yet");
  const log = sqliteLog;
  const sqliteIndex =
    database && config.index.kind === "sqlite"
      ? resources.use(new SqliteVectorIndex({ database }))
      : null;
  if (!sqliteIndex) throw new ExitError(exitCodes.config, "index.kind: qdrant is not built yet");
  const index = sqliteIndex;
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
