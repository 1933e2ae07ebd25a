export { restoreBackup, type Restore } from "./backup.ts";
export * from "./errors.ts";
export { SqliteDatabase, type SqliteDatabaseOptions } from "./sqlite-database.ts";
export { SqliteEventLog, type SqliteEventLogOptions } from "./sqlite-event-log.ts";
export { SqliteVectorIndex, type SqliteVectorIndexOptions } from "./sqlite-vector-index.ts";
export { SqliteAuditSpool } from "./sqlite-audit-spool.ts";
