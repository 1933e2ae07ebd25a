/** Rows as they stand: all of them under a new epoch, some of them within one, single ones. */
import { keyOf, type DocumentId, type MutationReason } from "@tidemark/domain";
import { TransientError, type Clock } from "@tidemark/pipeline";
import { mapRow, tableOfKey, textsOfKey, type Row, type RowProblem } from "@tidemark/rows";
import type { Connection } from "./connection.ts";
import type { Statement } from "./drafts.ts";
import { publishStatements, type PublishContext } from "./publish.ts";
import { tableChunks, type KeyRange, type KeyTexts, type ReadableTable } from "./read-rows.ts";
import { readDocuments } from "./reread.ts";
import type { ColumnTypes } from "./row-values.ts";
import type { UnkeyedRow } from "./unkeyed-rows.ts";
import { barrier } from "./visibility.ts";

export interface SnapshotContext {
  readonly connection: Connection;
  readonly types: ColumnTypes;
  readonly tables: ReadonlyMap<string, ReadableTable>;
  readonly publish: PublishContext;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly waits: (whom: string | null) => void;
  readonly unkeyed: (rows: readonly UnkeyedRow[]) => Promise<void>;
}

export interface Stated {
  readonly listed: number;
  /** What was stated stands at this position, and below it nothing does. */
  readonly position: number;
}

/**
 * Every row, at position 0 of an epoch whose stream has begun: whatever is missing in the snapshot
 * or newer than it comes by the stream, above it.
 *
 * @param isStreamed whether the stream has stated the key already, so that the snapshot need not
 */
export async function snapshotWhole(
  context: SnapshotContext,
  isStreamed: (key: string) => boolean,
): Promise<Stated> {
  // What the stream stated in an earlier epoch has to be seen in this one.
  await barrier(context.connection, context.clock, context);
  let listed = 0;
  for (const table of context.tables.values()) {
    listed += await stateTable(context, table, { position: 0, reason: "snapshot", isStreamed });
  }
  return { listed, position: 0 };
}

/**
 * Tables, or a range of one, within an epoch. What is read holds every change below W, so it stands
 * just below W: above all of those, and below every change that it may lack. (At W itself a change
 * may begin, and two states at one position are none.)
 */
export async function snapshotPart(
  context: SnapshotContext,
  tables: readonly ReadableTable[],
  range: KeyRange = {},
): Promise<Stated> {
  const { lsn } = await barrier(context.connection, context.clock, context);
  const position = lsn - 1;
  let listed = 0;
  for (const table of tables) {
    listed += await stateTable(context, table, { position, reason: "reconcile", range });
  }
  return { listed, position };
}

async function stateTable(
  { connection, publish, signal, types, unkeyed }: SnapshotContext,
  table: ReadableTable,
  how: {
    readonly position: number;
    readonly reason: MutationReason;
    readonly range?: KeyRange;
    readonly isStreamed?: (key: string) => boolean;
  },
): Promise<number> {
  const { isStreamed = () => false, position, range, reason } = how;
  let listed = 0;
  const unkeyedRows: { rows: number; problem: RowProblem | null } = { rows: 0, problem: null };
  for await (const rows of tableChunks(connection, types, table, range)) {
    if (signal.aborted) throw new TransientError("stopped in the midst of a snapshot");
    await publishStatements(publish, statementsOf(rows));
  }
  const { problem } = unkeyedRows;
  if (problem) await unkeyed([{ position, rows: unkeyedRows.rows, problem }]);
  return listed;

  function* statementsOf(rows: Iterable<Row>): Generator<Statement> {
    for (const row of rows) {
      listed += 1;
      const outcome = mapRow(table.mapping, row);
      if (outcome.kind === "incomplete") throw new Error("a row that was read lacks columns");
      const { key } = outcome;
      if (outcome.kind === "failed" && key === null) {
        unkeyedRows.rows += 1;
        unkeyedRows.problem ??= outcome.problem;
      } else if (key !== null && !isStreamed(key)) {
        yield { key, outcome, position, reason, sourceTimeMs: null };
      }
    }
  }
}

/** Single documents as they stand, those that are gone as deleted. */
export async function stateDocuments(
  context: SnapshotContext,
  asked: readonly { readonly id: DocumentId; readonly reason: MutationReason }[],
): Promise<void> {
  const { lsn } = await barrier(context.connection, context.clock, context);
  const position = lsn - 1;
  const statements: Statement[] = [];
  const byTable = Map.groupBy(asked, ({ id }) => tableOfKey(keyOf(id)) ?? "");
  for (const [name, ofTable] of byTable) {
    const table = context.tables.get(name);
    const known = ofTable.map(({ id, reason }) => {
      const texts = table ? textsOfKey(keyOf(id), table.mapping.key.length) : null;
      return { key: keyOf(id), reason, texts };
    });
    const readable = known.filter(
      (each): each is typeof each & { texts: KeyTexts } => each.texts !== null,
    );
    const outcomes = table
      ? await readDocuments(
          context,
          table,
          readable.map(({ texts }) => texts),
        )
      : [];
    const found = new Map(readable.map(({ key }, at) => [key, outcomes[at] ?? null]));
    for (const { key, reason } of known) {
      // A table that is not mapped any more has no documents.
      const outcome = found.get(key) ?? null;
      statements.push({ key, outcome, position, reason, sourceTimeMs: null });
    }
  }
  await publishStatements(context.publish, statements);
}
