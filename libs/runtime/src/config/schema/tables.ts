/** Tables whose rows are documents: the same grammar for Postgres and for Debezium. */
import { z } from "zod";
import { matching, text } from "../fields.ts";
import { leaf, refuse } from "../leaf.ts";
import { either, listOf, mapOf, section } from "../structure.ts";
import { columnPermissionsSchema, columnTenantSchema } from "./policy.ts";

const column = (about: string, example: string) => text({ about, example, form: "column" });

const keySchema = either(
  [
    column("The column of the key", "id").transform((name) => [name]),
    listOf(column("", "id"), "[shop_id, id]"),
  ],
  {
    what: "{value} is not a key",
    why: "a key is a column or several",
    fix: "write id, or [shop_id, id]",
  },
).meta({ description: "The primary key: a column, or a list of columns" });

const templateSchema = leaf(
  {
    about: "The text that is embedded; a change in its columns embeds, in others it does not",
    example: '"{{name}}\\n\\n{{description}}"',
    form: "template",
    schema: { type: "string", pattern: String.raw`\{\{.+\}\}` },
  },
  (written) => {
    const rest = String(written).replaceAll(/\{\{ *[A-Za-z_][A-Za-z0-9_$]* *\}\}/gu, "");
    if (rest !== written && !/\{\{|\}\}/u.test(rest)) return String(written);
    return refuse({
      what: "{value} is not a template",
      why: rest === written ? "it names no column" : "a column is a name between {{ and }}",
      fix: 'write "{{name}}\\n\\n{{description}}"',
    });
  },
);

const scalarForms = { type: ["string", "number", "boolean"] };
const scalarSchema = leaf<string | number | boolean>(
  { about: "", example: "discontinued", form: "value", schema: scalarForms },
  (written) => written,
);
const valueSchema = (about: string) =>
  either([z.null().meta({ "x-form": "null" }), scalarSchema], {
    what: "{value} is not a value",
    why: "a column is compared with a text, a number, true, false or null",
    fix: "write one value here, and several with in or notIn",
  })
    .optional()
    .meta({ description: about });
const valuesSchema = (about: string) =>
  listOf(scalarSchema, "[discontinued]").optional().meta({ description: about });

/** A condition on one column: equal to a value or one of several, or to none of them. */
const conditionSchema = section({
  column: column("The column", "status"),
  is: valueSchema("This value"),
  in: valuesSchema("One of these values"),
  not: valueSchema("Any value but this one; null is a value like others"),
  notIn: valuesSchema("Any value but these"),
}).transform(({ column: name, in: several, is, not, notIn }, context) => {
  const given = [is, several, not, notIn].filter((each) => each !== undefined);
  if (given.length === 1) {
    const only = given[0] ?? null;
    const values: readonly (string | number | boolean | null)[] = Array.isArray(only)
      ? only
      : [only];
    return { column: name, values, isNegated: not !== undefined || notIn !== undefined };
  }
  const refusal = {
    what:
      given.length === 0 ? "the condition has no value" : "the condition compares more than once",
    why: "a condition compares a column by one of is, in, not and notIn",
    fix: "write { column: status, in: [discontinued] } or { column: spam, is: false }",
  };
  context.addIssue({ code: "custom", message: JSON.stringify(refusal) });
  return z.NEVER;
});

const tableShape = {
  key: keySchema,
  text: templateSchema,
  metadata: listOf(column("", "price"), "[price, category]")
    .prefault([])
    .meta({ description: "Columns that searches can filter by" }),
  tenant: columnTenantSchema.optional(),
  permissions: columnPermissionsSchema.optional(),
  archived: conditionSchema.optional().meta({ description: "Rows that are hidden and kept" }),
  where: conditionSchema
    .optional()
    .meta({ description: "Rows to take; one that stops matching is a delete" }),
};
const tableSchema = section(tableShape);

const tableName = /^[^.\s]+\.[^.\s]+$/u;
const notTable = {
  what: "{key} is not a table",
  why: "a table is named with its schema",
  fix: "write public.products",
};

export const tablesSchema = mapOf(tableSchema, tableName, notTable).meta({
  description: "Tables by `schema.table`; each row is a document",
});

const columnTypeSchema = matching({
  about: "The type that the database has for it",
  example: "numeric(12,2)",
  form: "column type",
  pattern:
    /^(?:numeric|decimal|date|time|timestamp|timestamptz|timetz|interval|bytea)(?: ?\(\d+(?:, ?\d+)?\))?(?:\[\])?$/u,
  why: "numeric, decimal, date, time, timestamp, timestamptz, timetz, interval and bytea are read",
});

/** JSON without schemas does not say what a column's value stands for. */
export const debeziumTablesSchema = mapOf(
  section({
    ...tableShape,
    types: mapOf(columnTypeSchema, /^.+$/u, {
      what: "{key} is not a column",
      why: "a column has a name",
      fix: "write price",
    })
      .prefault({})
      .meta({
        description: "Types of columns whose values do not say them, where records have no schema",
      }),
  }),
  tableName,
  notTable,
)
  .prefault({})
  .meta({ description: "Tables by `schema.table`; each row is a document" });

/** Rows that only name documents of another source. */
export const hintTablesSchema = mapOf(
  section({
    source: text({ about: "Whose documents they are", example: "uploads", form: "source" }),
    key: column("The column with the document's key", "path"),
    action: column(
      "The column that says what became of it, such as delete; unless given, it is looked at",
      "action",
    ).optional(),
  }),
  tableName,
  notTable,
)
  .prefault({})
  .meta({ description: "Tables whose rows say that a document of another source changed" });

export type TableConfig = z.output<typeof tableSchema>;
