import { z } from "zod";

/** Filterable facts of a document: scalars and lists of scalars, nothing nested. */
export const scalarSchema = z.union([z.string().max(4096), z.number(), z.boolean(), z.null()]);
export const metadataSchema = z.record(
  z.string().min(1).max(128),
  z.union([scalarSchema, z.array(scalarSchema).max(256)]),
);
export type Scalar = z.infer<typeof scalarSchema>;
export type Metadata = z.infer<typeof metadataSchema>;
export const metadataSchemaVersion = 1;

/** A condition on one field: equal to a value or one of several, or within a range. */
export const conditionSchema = z.union([
  scalarSchema,
  z.array(scalarSchema).max(256),
  z.strictObject({
    gte: z.union([z.number(), z.string()]).optional(),
    gt: z.union([z.number(), z.string()]).optional(),
    lte: z.union([z.number(), z.string()]).optional(),
    lt: z.union([z.number(), z.string()]).optional(),
    not: z.union([scalarSchema, z.array(scalarSchema).max(256)]).optional(),
  }),
]);
export type Condition = z.infer<typeof conditionSchema>;

/** Fields are all to be met; the field `source` is the document's source. */
export const filterSchema = z.record(z.string().min(1).max(128), conditionSchema);
export type Filter = z.infer<typeof filterSchema>;

/** Whether the same fields have the same values, in whatever order the fields come. */
export function sameMetadata(a: Metadata, b: Metadata): boolean {
  const fields = Object.keys(a);
  return (
    fields.length === Object.keys(b).length &&
    fields.every((field) => JSON.stringify(a[field]) === JSON.stringify(b[field]))
  );
}

/** A condition of a filter that a document does not meet, and what the document has instead. */
export interface Unmet {
  readonly field: string;
  readonly condition: Condition;
  readonly value: Metadata[string];
}

/** Whether metadata meets a filter. A list meets an equality when one of its items does. */
export function meetsFilter(metadata: Metadata, filter: Filter): boolean {
  return unmetOf(metadata, filter) === null;
}

/** The first condition that metadata does not meet; null when it meets the whole filter. */
export function unmetOf(metadata: Metadata, filter: Filter): Unmet | null {
  for (const [field, condition] of Object.entries(filter)) {
    const value = metadata[field] ?? null;
    if (!meets(value, condition)) return { field, condition, value };
  }
  return null;
}

function meets(value: Scalar | readonly Scalar[], condition: Condition): boolean {
  const values: readonly Scalar[] = isList(value) ? value : [value];
  if (isList(condition)) return values.some((item) => condition.includes(item));
  if (typeof condition !== "object" || condition === null) return values.includes(condition);
  const { not, ...range } = condition;
  if (not !== undefined && meets(value, not)) return false;
  if (Object.keys(range).length === 0) return true;
  return values.some((item) => within(item, range));
}

function within(
  value: Scalar,
  range: Omit<Exclude<Condition, Scalar | readonly Scalar[]>, "not">,
): boolean {
  const ordered = (bound: number | string | undefined, holds: (sign: number) => boolean) => {
    if (bound === undefined) return true;
    if (typeof value !== typeof bound || value === null || typeof value === "boolean") return false;
    return holds(value < bound ? -1 : value > bound ? 1 : 0);
  };
  return (
    ordered(range.gte, (sign) => sign >= 0) &&
    ordered(range.gt, (sign) => sign > 0) &&
    ordered(range.lte, (sign) => sign <= 0) &&
    ordered(range.lt, (sign) => sign < 0)
  );
}

function isList(value: unknown): value is readonly Scalar[] {
  return Array.isArray(value);
}
