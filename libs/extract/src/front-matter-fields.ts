import { metadataSchema } from "@tidemark/domain";
import type { Metadata } from "@tidemark/domain";
import { PoisonError } from "@tidemark/pipeline";

/** What a document says of itself. An absent field says nothing. */
export interface FrontMatter {
  readonly title?: string;
  /** The principals that may read it; none of them: nobody. */
  readonly permissions?: readonly string[] | "public";
  readonly tenant?: string;
  readonly archived?: boolean;
  /** Every other field, and those under `metadata`, that is a scalar or a list of scalars. */
  readonly metadata: Metadata;
}

/**
 * Reads the fields that mean something. Throws `PoisonError("extraction-failed")` when who may read
 * the document, whose it is or whether it is archived cannot be told.
 *
 *   permissions                      read as
 *   public                           public
 *   deny                             nobody
 *   group:hr, [group:hr, user:ann]   those alone
 */
export function frontMatterFields(raw: Readonly<Record<string, unknown>>): FrontMatter {
  const { title, permissions, tenant, archived, metadata, ...others } = raw;
  const said = titleOf(title);
  return {
    ...(said === null ? {} : { title: said }),
    ...(permissions === undefined ? {} : { permissions: permissionsOf(permissions) }),
    ...(tenant === undefined ? {} : { tenant: tenantOf(tenant) }),
    ...(archived === undefined ? {} : { archived: archivedOf(archived) }),
    metadata: metadataOf({ ...others, ...nested(metadata) }),
  };
}

function titleOf(value: unknown): string | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  const title = String(value).replaceAll(/\s+/gu, " ").trim();
  return title === "" ? null : title;
}

function permissionsOf(value: unknown): readonly string[] | "public" {
  if (value === "public") return "public";
  if (value === "deny") return [];
  const principals: unknown[] = Array.isArray(value) ? value : [value];
  if (principals.every((name): name is string => typeof name === "string" && name !== "")) {
    return principals;
  }
  throw unreadable("permissions", "public, deny, or a list of principals");
}

function tenantOf(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw unreadable("tenant", 'a name or "*"');
}

function archivedOf(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw unreadable("archived", "true or false");
}

function nested(value: unknown): object {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function metadataOf(fields: object): Metadata {
  const kept = Object.entries(fields).filter(
    ([name, value]) => name !== "__proto__" && metadataSchema.safeParse({ [name]: value }).success,
  );
  return Object.fromEntries(kept);
}

function unreadable(field: string, expected: string): PoisonError {
  return new PoisonError("extraction-failed", `front matter: ${field} is not ${expected}`);
}
