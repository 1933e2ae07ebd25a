/** From events as they come to what has to be published, with nothing stated twice. */
import type { TableMapping } from "@tidemark/rows";
import { changeOutcomes } from "./change-outcomes.ts";
import type { KeyedOutcome } from "./drafts.ts";
import type { ReplicationEvent } from "./replication-event.ts";
import type { ColumnTypes } from "./row-values.ts";
import type { UnkeyedRow } from "./unkeyed-rows.ts";

/** The newest that is known of a row. */
export type RowNews = {
  readonly table: string;
  readonly position: number;
  readonly committedAtMs: number;
  readonly xid: number;
} & (
  | { readonly kind: "stated"; readonly outcome: KeyedOutcome | null }
  | { readonly kind: "reread"; readonly texts: readonly string[] }
);

export interface Watermark {
  readonly id: string;
  readonly lsn: number;
  readonly endLsn: number;
}

export interface Folded {
  /** By document key. */
  readonly news: ReadonlyMap<string, RowNews>;
  readonly truncated: readonly { readonly table: string; readonly position: number }[];
  /** Our own messages, in their order, each with where its transaction ends. */
  readonly watermarks: readonly Watermark[];
  /** Rows that can be no document. */
  readonly unkeyed: readonly UnkeyedRow[];
  /** Why the order cannot be read on; null where it can. */
  readonly lost: string | null;
  /** Everything before is done once this is published; null where no transaction ended. */
  readonly endLsn: number | null;
  /** The server waits for an answer. */
  readonly isReplyWanted: boolean;
}

export const watermarkPrefix = "tidemark";

/** Of one stream: a transaction may go on over several batches. */
export class EventFold {
  readonly #mappings: ReadonlyMap<string, TableMapping>;
  readonly #types: ColumnTypes;
  #transaction: { readonly xid: number; readonly committedAtMs: number } | null = null;

  #written: Omit<Watermark, "endLsn">[] = [];

  constructor(mappings: ReadonlyMap<string, TableMapping>, types: ColumnTypes) {
    this.#mappings = mappings;
    this.#types = types;
  }

  fold(events: readonly ReplicationEvent[]): Folded {
    const news = new Map<string, RowNews>();
    const truncated: Folded["truncated"][number][] = [];
    const watermarks: Folded["watermarks"][number][] = [];
    const unkeyed: UnkeyedRow[] = [];
    let [lost, endLsn, isReplyWanted]: [string | null, number | null, boolean] = [
      null,
      null,
      false,
    ];
    for (const event of events) {
      switch (event.kind) {
        case "begin":
          this.#transaction = event;
          break;
        case "commit":
          this.#transaction = null;
          endLsn = event.endLsn;
          watermarks.push(...this.#written.map((each) => ({ ...each, endLsn: event.endLsn })));
          this.#written = [];
          break;
        case "keepalive":
          isReplyWanted ||= event.isReplyWanted;
          // In the midst of a transaction it says nothing of what is still to come.
          if (!this.#transaction) endLsn = Math.max(endLsn ?? 0, event.endLsn);
          break;
        case "message":
          if (event.prefix === watermarkPrefix)
            this.#written.push({ id: event.content, lsn: event.lsn });
          break;
        case "truncate":
          for (const table of event.tables) {
            if (this.#mappings.has(table)) truncated.push({ table, position: event.lsn });
          }
          break;
        case "change":
          lost ??= this.#foldChange(event, { news, unkeyed });
      }
    }
    return { news, truncated, watermarks, unkeyed, lost, endLsn, isReplyWanted };
  }

  /** Why nothing more can be read; null where it can. */
  #foldChange(
    change: Extract<ReplicationEvent, { kind: "change" }>,
    { news, unkeyed }: { readonly news: Map<string, RowNews>; readonly unkeyed: UnkeyedRow[] },
  ): string | null {
    const { lsn: position, relation } = change;
    const { table } = relation;
    const mapping = this.#mappings.get(table);
    if (!mapping) return null;
    const { committedAtMs, xid } = this.#transaction ?? { committedAtMs: 0, xid: 0 };
    const about = { table, position, committedAtMs, xid };
    const put = (key: string, is: RowNews) => {
      // Deleted first, so that what is stated last also stands last.
      news.delete(key);
      news.set(key, is);
    };
    for (const outcome of changeOutcomes(mapping, this.#types, change)) {
      switch (outcome.kind) {
        case "stated":
          put(outcome.key, { ...about, kind: "stated", outcome: keyed(outcome.outcome) });
          break;
        case "gone":
          put(outcome.key, { ...about, kind: "stated", outcome: null });
          break;
        case "reread":
          put(outcome.key, { ...about, kind: "reread", texts: outcome.texts });
          break;
        case "unkeyed":
          unkeyed.push({ position, rows: 1, problem: outcome.outcome.problem });
          break;
        case "lost":
          return `a change of table ${table} does not carry its key ${outcome.column}`;
      }
    }
    return null;
  }
}

function keyed(outcome: Parameters<typeof isKeyed>[0]): KeyedOutcome {
  if (!isKeyed(outcome)) throw new Error("an incomplete row was stated");
  return outcome;
}

function isKeyed(outcome: KeyedOutcome | { readonly kind: "incomplete" }): outcome is KeyedOutcome {
  return outcome.kind !== "incomplete";
}
