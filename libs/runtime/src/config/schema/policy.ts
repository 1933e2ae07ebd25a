/** Who may read a document, and whose it is. */
import { z } from "zod";
import { text } from "../fields.ts";
import { leaf, refuse, type Refusal } from "../leaf.ts";
import { either, listOf, section } from "../structure.ts";

/** As the domain has it: unknown is unreadable. */
export type PermissionsConfig =
  | { readonly kind: "unknown" }
  | { readonly kind: "public" }
  | { readonly kind: "only"; readonly principals: readonly string[] };

const permissionsRefusal: Refusal = {
  what: "{value} does not say who may read",
  why: "permissions are public, deny, or a list of principals",
  fix: 'write public, deny, or a list such as ["group:hr"]',
};

const wordSchema = leaf<PermissionsConfig>(
  { example: "public", form: "public or deny", schema: { enum: ["public", "deny"] } },
  (written) => {
    if (written === "public") return { kind: "public" };
    if (written === "deny") return { kind: "unknown" };
    return refuse({ ...permissionsRefusal, fix: fixFor(String(written)) });
  },
);

function fixFor(written: string): string {
  return written.includes(":") ? `write ["${written}"]` : permissionsRefusal.fix;
}

const principalsSchema = listOf(
  text({ example: '"group:hr"', form: "principal" }),
  '["group:hr"]',
).transform((principals): PermissionsConfig => ({ kind: "only", principals }));

const about =
  "`public`, `deny` (a document whose permissions are not known is unreadable), or a list of principals";

export const permissionsSchema = either([wordSchema, principalsSchema], permissionsRefusal).meta({
  description: about,
});

export const tagSchema = section({
  tag: text({ about: "Name of an object tag", example: "readers" }),
}).transform(({ tag }) => ({ kind: "tag" as const, tag }));

export const columnSchema = section({
  column: text({ about: "Name of a column; null is deny", example: "reader_ids" }),
}).transform(({ column }) => ({ kind: "column" as const, column }));

export const tagPermissionsSchema = either([wordSchema, principalsSchema, tagSchema], {
  ...permissionsRefusal,
  fix: "write public, deny, a list of principals, or { tag: readers }",
}).meta({ description: `${about}, or \`{ tag: name }\`` });

export const columnPermissionsSchema = either([wordSchema, principalsSchema, columnSchema], {
  ...permissionsRefusal,
  fix: "write public, deny, a list of principals, or { column: reader_ids }",
}).meta({ description: `${about}, or \`{ column: name }\`` });

export const tenantSchema = text({
  about: 'The tenant of every document; `"*"` is seen by every tenant',
  example: '"*"',
  form: "tenant",
});

/** A tenant by name, or an object tag that names it. */
export const tagTenantSchema = either(
  [
    text({ example: "acme", form: "tenant" }).transform((tenant) => ({
      kind: "named" as const,
      tenant,
    })),
    tagSchema,
  ],
  {
    what: "{value} does not say whose the documents are",
    why: "a tenant is named, or read from a tag",
    fix: 'write "*", a name, or { tag: tenant }',
  },
).meta({ description: 'A tenant, `"*"` for every tenant, or `{ tag: name }`' });

/** `"*"`, or the column that names the tenant. */
export const columnTenantSchema = text({
  about: 'The column that names the tenant, or `"*"` for every tenant',
  example: "merchant_id",
  form: "column",
}).transform((tenant) =>
  tenant === "*" ? { kind: "named" as const, tenant } : { kind: "column" as const, column: tenant },
);

export type TagPermissionsConfig = z.output<typeof tagPermissionsSchema>;
export type ColumnPermissionsConfig = z.output<typeof columnPermissionsSchema>;
