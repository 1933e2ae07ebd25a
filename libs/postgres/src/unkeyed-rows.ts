/** Rows that can be no document, since their keys can be nobody's: dead letters, and the rest goes on. */
import {
  setAsideNotices,
  type Clock,
  type EventLog,
  type PipelineLogger,
} from "@tidemark/pipeline";
import type { SourceName } from "@tidemark/domain";
import { problemText, type RowProblem } from "@tidemark/rows";

export interface UnkeyedRow {
  /** Of the change; for a snapshot, where all of its rows stand. */
  readonly position: number;
  readonly rows: number;
  readonly problem: RowProblem;
}

/** Of changes that come again, the letters are the same. */
export async function setUnkeyedAside(
  by: {
    readonly source: SourceName;
    readonly epoch: number;
    readonly log: EventLog;
    readonly clock: Clock;
    readonly logger: PipelineLogger;
  },
  unkeyed: readonly UnkeyedRow[],
): Promise<void> {
  const notices = unkeyed.map(({ position, problem, rows }) => ({
    id: `${problem.table}@${by.epoch}-${position}`,
    from: problem.table,
    problem: rows === 1 ? problemText(problem) : `${rows} rows, such as ${problemText(problem)}`,
  }));
  await setAsideNotices(by, notices);
}
