/** Why a row is no document, said so that whoever keeps the table or the config can act on it. */
export interface RowProblem {
  readonly table: string;
  readonly column: string | null;
  readonly reason: string;
  readonly fix: string;
}

/** Thrown within the mapping alone; its door returns the problem. */
export class UnmappedRow extends Error {
  override name = "UnmappedRow";
  readonly column: string | null;
  readonly fix: string;

  constructor(column: string | null, reason: string, fix: string) {
    super(reason);
    this.column = column;
    this.fix = fix;
  }
}

export function problemText({ column, fix, reason, table }: RowProblem): string {
  return `${column === null ? table : `${table}.${column}`}: ${reason}; ${fix}`;
}
