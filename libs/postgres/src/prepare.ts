/** Brings a database to where it can be read, as far as that is permitted, and says what is not. */
import type { TableMapping } from "@tidemark/rows";
import { TransientError } from "@tidemark/pipeline";
import { denied, PostgresError, type Connection } from "./connection.ts";
import { examine, problemsOf, problemsOfPublication, type Problem } from "./examine.ts";
import type { ReadableTable } from "./read-rows.ts";

export interface Prepared {
  /** By name, each with what the database says of it. */
  readonly tables: ReadonlyMap<string, ReadableTable>;
  /** The publication was made or given tables: what was changed before was not told. */
  readonly isPublicationNew: boolean;
}

/** @throws TransientError naming everything that is wrong, with the SQL that mends it */
export async function prepare(
  connection: Connection,
  mappings: ReadonlyMap<string, TableMapping>,
  publication: string,
): Promise<Prepared> {
  let isPublicationNew = false;
  const first = await examine(connection, mappings, publication);
  for (const { sql } of makeable(first, mappings, publication)) {
    try {
      if (sql === null) continue;
      await connection.ask(sql);
      isPublicationNew = true;
    } catch (error) {
      // Whoever may do so is told the SQL below.
      if (!(error instanceof PostgresError) || error.code !== denied) throw error;
    }
  }
  const examined = await examine(connection, mappings, publication);
  const problems = problemsOf(examined, mappings, publication);
  if (problems.length > 0) throw new TransientError(problems.map(problemText).join("; "));
  const readable = new Map<string, ReadableTable>();
  for (const mapping of mappings.values()) {
    const facts = examined.tables.get(mapping.table);
    if (facts) readable.set(mapping.table, { mapping, facts });
  }
  return { tables: readable, isPublicationNew };
}

/** The publication is ours to make, and only once all the tables are as they have to be. */
function makeable(
  examined: Awaited<ReturnType<typeof examine>>,
  mappings: ReadonlyMap<string, TableMapping>,
  name: string,
): readonly Problem[] {
  const ofPublication = problemsOfPublication({ ...examined, name });
  const others = problemsOf(examined, mappings, name).length - ofPublication.length;
  return others > 0 ? [] : ofPublication;
}

export function problemText({ sql, what }: Problem): string {
  return sql === null ? what : `${what}: run ${sql}`;
}
