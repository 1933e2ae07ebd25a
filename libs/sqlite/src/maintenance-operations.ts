/** The file itself: its size, its bound, its write-ahead log. */
import type { Connection } from "./connection.ts";

const selectPageCount = "pragma page_count";
const selectPageSize = "pragma page_size";
const selectFreePages = "pragma freelist_count";

export interface DatabaseSize {
  readonly bytes: number;
  /** Inside the file, to be used again. */
  readonly freeBytes: number;
}

export function readSize(connection: Connection, _none: null): DatabaseSize {
  const pageBytes = connection.get<{ page_size: number }>(selectPageSize)?.page_size ?? 0;
  const pages = connection.get<{ page_count: number }>(selectPageCount)?.page_count ?? 0;
  const free = connection.get<{ freelist_count: number }>(selectFreePages)?.freelist_count ?? 0;
  return { bytes: pages * pageBytes, freeBytes: free * pageBytes };
}

/** Bounds the file; writes beyond fail as on a full disk. Null takes the bound away. */
export function limitPages(connection: Connection, { bytes }: { readonly bytes: number | null }) {
  const pageBytes = connection.get<{ page_size: number }>(selectPageSize)?.page_size ?? 0;
  const pages = bytes === null ? pagesMax : Math.max(1, Math.floor(bytes / pageBytes));
  connection.database.exec(`pragma max_page_count = ${pages}`);
}

const pagesMax = 4_294_967_294;

const walState = "pragma wal_checkpoint(noop)";

/** Pages of the write-ahead log that are not yet in the file. */
export function walPages(connection: Connection): number {
  const { log = 0, checkpointed = 0 } =
    connection.get<{ log: number; checkpointed: number }>(walState) ?? {};
  return log - checkpointed;
}

/** Brings what it can of the write-ahead log into the file, in nobody's way. */
export function checkpointWal(connection: Connection, _none: null): void {
  connection.database.exec("pragma wal_checkpoint(passive)");
}

/** Brings the write-ahead log into the file and empties it, unless a reader is in the way. */
export function truncateWal(connection: Connection, _none: null): void {
  connection.database.exec("pragma wal_checkpoint(truncate)");
}

/** Writes a whole, compact copy of the file, as it is when this begins. */
export function copyInto(connection: Connection, { path }: { readonly path: string }): void {
  connection.database.exec("pragma query_only = off");
  connection.run(copyTo, path);
}

const copyTo = "vacuum into ?";
