/**
 * One record after the other → mutations and hints, and what else has to be done. Nothing is published
 * here: whoever calls does, before the record counts as done.
 */
import {
  isSourceName,
  documentId,
  type Hint,
  type MutationDraft,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import { TransientError, type DocumentHistory, type UnreadableNotice } from "@tidemark/pipeline";
import {
  keyOfRow,
  keyPrefixOf,
  mapRow,
  problemText,
  UnmappedRow,
  type RowProblem,
  type TableMapping,
} from "@tidemark/rows";
import { completeRow } from "./complete-row.ts";
import type { DebeziumEvent, RowEvent } from "./debezium-event.ts";
import { draftOf, type DraftContext, type Statement } from "./drafts.ts";
import type { ForeignRecord } from "./foreign-topics.ts";
import { hintOf, type HintTable } from "./hint-table.ts";
import type { PendingClose } from "./line-state.ts";
import { outcomeOf } from "./row-outcome.ts";
import { stateBefore } from "./state-before.ts";

export interface HandlerOptions {
  readonly source: SourceName;
  readonly mappings: ReadonlyMap<string, TableMapping>;
  readonly hintTables: ReadonlyMap<string, HintTable>;
  readonly history: DocumentHistory;
  /** The epoch of another source; null while it has none. */
  readonly epochOf: (source: SourceName) => number | null;
}

/** What a number of records ask for. */
export interface Effects {
  readonly drafts: MutationDraft[];
  readonly hints: Hint[];
  readonly notices: UnreadableNotice[];
  readonly closes: PendingClose[];
  /** Why records were passed over, counted. */
  readonly skipped: Map<string, number>;
}

export function noEffects(): Effects {
  return { drafts: [], hints: [], notices: [], closes: [], skipped: new Map() };
}

export type PlacedRow = { readonly event: RowEvent; readonly revision: Revision };

export class EventHandler {
  readonly #options: HandlerOptions;

  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  /** What changes no row. */
  note(event: DebeziumEvent, record: ForeignRecord, effects: Effects): void {
    if (event.kind === "unreadable") setAside(effects, record, event.problem);
    else skip(effects, event.kind);
  }

  truncate(table: string, { epoch, position }: Revision, effects: Effects): void {
    if (!this.#options.mappings.has(table)) return skip(effects, "unmapped");
    effects.closes.push({ prefix: keyPrefixOf(table), epoch, position, isDoubtful: false });
  }

  async row(
    { event, revision }: PlacedRow,
    record: ForeignRecord,
    { effects, observedAtMs }: { readonly effects: Effects; readonly observedAtMs: number },
  ): Promise<void> {
    const hintTable = this.#options.hintTables.get(event.table);
    if (hintTable) return this.#hint(hintTable, event, record, { effects, observedAtMs });
    const stated = await this.#stated(event, revision, effects.drafts);
    if (stated === null) return skip(effects, "unmapped");
    const { key, statement } = stated;
    if (key === null) {
      if (statement.kind === "failed") setAside(effects, record, problemText(statement.problem));
      return;
    }
    const context: DraftContext = {
      source: this.#options.source,
      key,
      revision,
      reason: event.snapshot === "none" ? "change" : "snapshot",
      sourceTimeMs: event.snapshot === "none" ? event.sourceTimeMs : null,
      observedAtMs,
    };
    effects.drafts.push(draftOf(statement, context));
  }

  async #stated(
    event: RowEvent,
    revision: Revision,
    pending: readonly MutationDraft[],
  ): Promise<{ readonly key: string | null; readonly statement: Statement } | null> {
    const outcome = outcomeOf(event, this.#options.mappings);
    switch (outcome.kind) {
      case "unmapped":
        return null;
      case "absent":
      case "deleted":
        return { key: outcome.key, statement: { kind: "gone" } };
      case "document":
        return { key: outcome.key, statement: outcome };
      case "failed":
        return { key: outcome.key, statement: outcome };
      case "incomplete": {
        const { key } = outcome;
        return { key, statement: await this.#complete(event, revision, { key, pending }) };
      }
    }
  }

  /** From the document as it was before; a row whose key changed was another document. */
  async #complete(
    event: RowEvent,
    revision: Revision,
    { key, pending }: { readonly key: string; readonly pending: readonly MutationDraft[] },
  ): Promise<Statement> {
    const { history, mappings, source } = this.#options;
    const mapping = mappings.get(event.table);
    if (!mapping || !event.after) throw new Error("an incomplete row has a mapping and columns");
    const { after, oldKey } = event;
    const keyBefore = oldKey ? keyOfRow(mapping, oldKey) : key;
    const before = await stateBefore({ source, history, pending }, keyBefore, {
      at: revision,
      moved: keyBefore !== key,
    });
    const outcome = mapRow(mapping, before ? completeRow(after, mapping, before) : after);
    switch (outcome.kind) {
      case "absent":
        return { kind: "gone" };
      case "incomplete":
        return { kind: "failed", problem: incompleteProblem(event.table, outcome.columns) };
      case "document":
      case "failed":
        return outcome;
    }
  }

  #hint(
    table: HintTable,
    event: RowEvent,
    record: ForeignRecord,
    { effects, observedAtMs }: { readonly effects: Effects; readonly observedAtMs: number },
  ): void {
    // Whoever empties the queue says nothing of the documents.
    if (!event.after) return skip(effects, "hint-removed");
    try {
      const { expects, key } = hintOf(table, event.after);
      if (!isSourceName(table.source)) throw new RangeError(`${table.source} is no source`);
      const epoch = this.#options.epochOf(table.source);
      if (epoch === null) throw new TransientError(`source ${table.source} has no epoch yet`);
      effects.hints.push({
        source: table.source,
        documentId: documentId(table.source, key),
        epoch,
        expects,
        reason: "change",
        sourceTimeMs: event.sourceTimeMs,
        observedAtMs,
        trace: null,
      });
    } catch (error) {
      setAside(effects, record, problemText(hintProblem(error, event.table, table.key)));
    }
  }
}

/** @throws what is no problem of the row */
function hintProblem(error: unknown, table: string, keyColumn: string): RowProblem {
  if (error instanceof UnmappedRow) {
    return { table, column: error.column, reason: error.message, fix: error.fix };
  }
  if (!(error instanceof RangeError)) throw error;
  const fix = "write the key as the folder or the bucket has it";
  return { table, column: keyColumn, reason: error.message, fix };
}

function incompleteProblem(table: string, columns: readonly string[]): RowProblem {
  return {
    table,
    column: columns[0] ?? null,
    reason: `${columns.join(", ")} was left out of the change, and is not on the log`,
    fix: `run alter table ${table} replica identity full, and ask Debezium for an incremental snapshot`,
  };
}

function setAside(effects: Effects, record: ForeignRecord, problem: string): void {
  const { offset, partition, topic } = record;
  effects.notices.push({ id: `${topic}/${partition}/${offset}`, from: topic, problem });
}

export function skip(effects: Effects, why: string): void {
  effects.skipped.set(why, (effects.skipped.get(why) ?? 0) + 1);
}
