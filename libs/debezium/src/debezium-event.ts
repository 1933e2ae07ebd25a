/** What a record of Debezium's topics says. */
import type { Row } from "@tidemark/rows";

/** Where a change stands in its database, as far as the record tells. */
export interface SourcePlace {
  /** Of the change itself; null where it has none. */
  readonly lsn: number | null;
  /** Of the last transaction that was read whole before it; null where that is not told. */
  readonly commitLsn: number | null;
  /** When the database committed it. */
  readonly sourceTimeMs: number | null;
  /** When the connector handled it: later for whatever it handled later. */
  readonly handledAtMs: number | null;
}

/**
 *   none          a change
 *   full          a row of a snapshot of everything
 *   last          the same, and no row of it follows
 *   incremental   a row that was read beside the changes
 */
export type SnapshotPart = "none" | "full" | "last" | "incremental";

export interface RowEvent extends SourcePlace {
  readonly kind: "row";
  readonly operation: "create" | "update" | "delete" | "read";
  /** `public.products` */
  readonly table: string;
  readonly snapshot: SnapshotPart;
  /** Tells one full snapshot from another; null for a change. */
  readonly snapshotId: string | null;
  /** The columns of the record's key: of a deleted row nothing else is known. */
  readonly key: Row | null;
  /** Null for a delete. */
  readonly after: Row | null;
  /** The key that the row had before its key changed. */
  readonly oldKey: Row | null;
}

export type DebeziumEvent =
  | RowEvent
  | ({ readonly kind: "truncate"; readonly table: string } & SourcePlace)
  /** Follows a delete, for compaction. */
  | { readonly kind: "tombstone" }
  | { readonly kind: "heartbeat"; readonly atMs: number }
  | { readonly kind: "transaction"; readonly status: string }
  /** `pg_logical_emit_message` */
  | ({ readonly kind: "message"; readonly prefix: string } & SourcePlace)
  /** A change of a table's columns, or an end of a snapshot, told by connectors of other databases. */
  | { readonly kind: "notice"; readonly about: string }
  | { readonly kind: "unreadable"; readonly problem: string };
