/** Whose a document is, who may read it, and its metadata: from rules, and from front matter. */
import {
  metadataSchema,
  permissionsSchema,
  sha256Hex,
  type Metadata,
  type Permissions,
  type Scalar,
} from "@tidemark/domain";
import { PoisonError } from "@tidemark/pipeline";
import { matcherOf } from "./key-filter.ts";

export interface FolderRule {
  readonly match: string;
  readonly permissions?: Permissions | undefined;
  readonly metadata?: Metadata | undefined;
  readonly tenant?: string | undefined;
  readonly archived?: boolean | undefined;
}

export interface DocumentPolicy {
  readonly tenant: string;
  readonly permissions: Permissions;
  readonly archived: boolean;
  readonly metadata: Metadata;
}

export type RuledPolicy = DocumentPolicy & { readonly digest: string };

/** The first rule whose pattern matches the key gives all; the others give nothing. */
export function policyByRules(
  defaults: { readonly tenant: string; readonly permissions: Permissions },
  rules: readonly FolderRule[],
): (key: string) => RuledPolicy {
  const otherwise = ruled({ ...defaults, archived: false, metadata: {} });
  const cases = rules.map((rule) => ({
    matches: matcherOf([rule.match]),
    policy: ruled({
      tenant: rule.tenant ?? defaults.tenant,
      permissions: rule.permissions ?? defaults.permissions,
      archived: rule.archived ?? false,
      metadata: rule.metadata ?? {},
    }),
  }));
  return (key) => cases.find(({ matches }) => matches(key))?.policy ?? otherwise;
}

function ruled(policy: DocumentPolicy): RuledPolicy {
  const { tenant, permissions, archived, metadata } = policy;
  const fields = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...policy, digest: sha256Hex(JSON.stringify([tenant, permissions, archived, fields])) };
}

/**
 * Front matter wins over rules, field by field. `tenant`, `permissions` and `archived` mean
 * themselves, the fields of `metadata` and every other field become metadata, `title` among them.
 * What metadata cannot hold goes to `onDropped`.
 *
 *   permissions                      read as
 *   public                           public
 *   deny                             unknown
 *   group:hr, [group:hr, user:ann]   those alone
 *
 * Throws `PoisonError` when who may read the document, whose it is or whether it is archived cannot
 * be told: its permissions are then unknown, never those of a rule.
 */
export function policyWithFrontMatter(
  policy: DocumentPolicy,
  frontMatter: Readonly<Record<string, unknown>>,
  onDropped: (field: string) => void,
): DocumentPolicy {
  const { tenant, permissions, archived, metadata, ...others } = frontMatter;
  const nested = isRecord(metadata) ? metadata : {};
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) onDropped("metadata");
  return {
    tenant: tenant === undefined ? policy.tenant : readTenant(tenant),
    permissions: permissions === undefined ? policy.permissions : readPermissions(permissions),
    archived: archived === undefined ? policy.archived : readArchived(archived),
    metadata: { ...policy.metadata, ...readMetadata({ ...others, ...nested }, onDropped) },
  };
}

function readTenant(value: unknown): string {
  if (typeof value === "string" && value.length > 0) return value;
  throw unreadable("tenant", 'a name or "*"');
}

function readArchived(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw unreadable("archived", "true or false");
}

function readPermissions(value: unknown): Permissions {
  if (value === "public") return { kind: "public" };
  if (value === "deny") return { kind: "unknown" };
  const principals = typeof value === "string" ? [value] : value;
  const parsed = permissionsSchema.safeParse({ kind: "only", principals });
  if (parsed.success) return parsed.data;
  throw unreadable("permissions", "public, deny, or a list of principals");
}

function unreadable(field: string, expected: string): PoisonError {
  return new PoisonError("mapping-failed", `front matter: ${field} is not ${expected}`);
}

function readMetadata(
  fields: Readonly<Record<string, unknown>>,
  onDropped: (field: string) => void,
): Metadata {
  const metadata: Record<string, Metadata[string]> = {};
  for (const [field, value] of Object.entries(fields)) {
    const parsed = metadataSchema.safeParse({ [field]: withoutDates(value) });
    if (parsed.success && Object.hasOwn(parsed.data, field)) Object.assign(metadata, parsed.data);
    else onDropped(field);
  }
  return metadata;
}

function withoutDates(value: unknown): Scalar | readonly Scalar[] {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  return (Array.isArray(value) ? value.map(withoutDates) : value) as Scalar;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
