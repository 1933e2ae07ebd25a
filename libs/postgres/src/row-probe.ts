/** A probe's row: made or changed by its primary key, and never over anybody else's. */
import { probeMark } from "@tidemark/domain";
import { TransientError, type ProbeTarget } from "@tidemark/pipeline";
import { rowKey, type TableMapping } from "@tidemark/rows";
import { Connection, denied, PostgresError } from "./connection.ts";
import { quoteName, quoteTable } from "./table-facts.ts";

export type RowValue = string | number | boolean | readonly (string | number | boolean)[];

export interface RowProbeOptions {
  readonly url: string;
  readonly source: string;
  readonly mapping: TableMapping;
  /** The column of the text. */
  readonly column: string;
  /** Every other column that is written, those of the key among them. */
  readonly row: Readonly<Record<string, RowValue>>;
}

const applicationNameMax = 63;

export class RowProbe implements ProbeTarget {
  readonly key: string;
  readonly #options: RowProbeOptions;
  readonly #sql: { readonly write: string; readonly delete: string };

  constructor(options: RowProbeOptions) {
    const { mapping, row } = options;
    this.#options = options;
    this.#sql = { write: writeSql(options), delete: deleteSql(options) };
    this.key = rowKey(
      mapping.table,
      mapping.key.map((column) => String(row[column] ?? "")),
    );
  }

  async write(text: string, signal: AbortSignal): Promise<void> {
    const values = [...Object.values(this.#options.row), text, probeMark];
    const rows = await this.#ask(this.#sql.write, values, signal);
    if (rows === 0) throw this.#notOurs();
  }

  async delete(signal: AbortSignal): Promise<void> {
    const { mapping, row } = this.#options;
    const values = [...mapping.key.map((column) => row[column] ?? null), probeMark];
    await this.#ask(this.#sql.delete, values, signal);
  }

  #notOurs(): TransientError {
    return new TransientError(
      `row ${this.key} is not a probe's and is left alone: give another key under probe.row`,
    );
  }

  /** How many rows were changed. */
  async #ask(
    sql: string,
    values: readonly (RowValue | null)[],
    signal: AbortSignal,
  ): Promise<number> {
    const { mapping, source, url } = this.#options;
    const applicationName = `tidemark ${source} probe`.slice(0, applicationNameMax);
    await using connection = await Connection.open({ url, applicationName });
    const end = () => void connection[Symbol.asyncDispose]();
    signal.addEventListener("abort", end, { once: true });
    try {
      signal.throwIfAborted();
      return (await connection.ask(sql, values)).rows.length;
    } catch (error) {
      if (!(error instanceof PostgresError) || error.code !== denied) throw error;
      const fix = `grant select, insert, update, delete on ${mapping.table} to its role`;
      throw new TransientError(`${error.message}: ${fix}`, { cause: error });
    } finally {
      signal.removeEventListener("abort", end);
    }
  }
}

/** One statement: nobody comes between looking at the row and changing it. */
function writeSql({ column, mapping, row }: RowProbeOptions): string {
  const columns = [...Object.keys(row), column];
  const names = columns.map(quoteName).join(", ");
  const places = columns.map((_, at) => `$${at + 1}`).join(", ");
  const key = mapping.key.map(quoteName).join(", ");
  const changes = columns
    .filter((each) => !mapping.key.includes(each))
    .map((each) => `${quoteName(each)} = excluded.${quoteName(each)}`)
    .join(", ");
  return `
insert into ${quoteTable(mapping.table)} as present (${names}) overriding system value
values (${places})
on conflict (${key}) do update set ${changes}
where starts_with(present.${quoteName(column)}::text, $${columns.length + 1}::text)
returning 1 as written`;
}

/** Of a probe's row alone. */
function deleteSql({ column, mapping }: RowProbeOptions): string {
  const key = mapping.key.map((name, at) => `${quoteName(name)} = $${at + 1}`).join(" and ");
  return `
delete from ${quoteTable(mapping.table)}
where ${key} and starts_with(${quoteName(column)}::text, $${mapping.key.length + 1}::text)
returning 1 as deleted`;
}
