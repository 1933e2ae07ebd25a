/** Whose a row's document is, and who may read it. */
import { everyTenant, type Permissions } from "@tidemark/domain";
import { isList, isNested, textOfValue, type KnownValue } from "./row.ts";
import { UnmappedRow } from "./row-problem.ts";

export interface OfColumn {
  readonly kind: "column";
  readonly column: string;
}

export type TenantRule = { readonly kind: "named"; readonly tenant: string } | OfColumn;
export type PermissionsRule = Permissions | OfColumn;

const principalLengthMax = 512;
const principalsMax = 4096;
const denied: Permissions = { kind: "unknown" };

/** @throws UnmappedRow for a value that names no tenant */
export function tenantOf(column: string, value: KnownValue): string {
  if (isList(value) || isNested(value)) {
    throw new UnmappedRow(column, "a tenant is one value", "name a column of text or numbers");
  }
  const tenant = textOfValue(value);
  if (tenant === "") {
    throw new UnmappedRow(column, "the row names no tenant", "fill it, or leave the row out");
  }
  if (tenant === everyTenant) {
    throw new UnmappedRow(column, 'the row names "*"', 'write tenant: "*" for the whole table');
  }
  return tenant;
}

/**
 *   value                      who reads it
 *   null, "deny", ""           nobody: it is not known
 *   "public"                   everybody of the tenant
 *   "user:ann", 42             that one
 *   a list, '["a", "b"]'       those; an empty list is nobody
 *
 * @throws UnmappedRow for a value that cannot be read
 */
export function permissionsOf(column: string, value: KnownValue): Permissions {
  if (value === null || value === "" || value === "deny") return denied;
  if (value === "public") return { kind: "public" };
  const principals = principalsIn(column, value);
  const isBad = (name: string) => name === "" || name.length > principalLengthMax;
  if (principals.length > principalsMax || principals.some(isBad)) {
    throw new UnmappedRow(
      column,
      "the row's readers cannot be kept",
      `name ${principalsMax} at most, each of 1 to ${principalLengthMax} characters`,
    );
  }
  return { kind: "only", principals };
}

function principalsIn(column: string, value: KnownValue): readonly string[] {
  const listed = typeof value === "string" && /^\s*\[/u.test(value) ? parseList(value) : value;
  const items = isList(listed) ? listed : [listed];
  return items.map((item) => {
    if (typeof item === "symbol" || item === null || isList(item) || isNested(item)) {
      throw new UnmappedRow(
        column,
        "the row's readers cannot be read",
        "make it text[], a JSON array of texts, or one text",
      );
    }
    return textOfValue(item);
  });
}

function parseList(text: string): KnownValue {
  try {
    return JSON.parse(text) as KnownValue;
  } catch {
    return [null];
  }
}
