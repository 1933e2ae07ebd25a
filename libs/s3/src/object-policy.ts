/** Whose an object is and who may read it: as the configuration says, or as its tags do. */
import { createHash } from "node:crypto";
import { everyTenant, permissionsSchema, type Permissions, type Policy } from "@tidemark/domain";
import type { ObjectFacts } from "./bucket.ts";

export type Tagged = { readonly kind: "tag"; readonly tag: string };

export interface PolicyRules {
  readonly tenant: { readonly kind: "named"; readonly tenant: string } | Tagged;
  readonly permissions: Permissions | Tagged;
  /** Storage classes whose objects are hidden and kept. */
  readonly archivedClasses: readonly string[];
}

/** The values of the tags that the rules look at, by name; null for one that the object lacks. */
export type UsedTags = readonly (readonly [name: string, value: string | null])[];

/** Classes of which nothing can be read before it is restored. */
const frozenClasses = new Set(["GLACIER", "DEEP_ARCHIVE"]);
const denied: Permissions = { kind: "unknown" };
const digestLength = 8;
const allTenantsTag = "@all";

export function usedTagNames({ permissions, tenant }: PolicyRules): readonly string[] {
  const names = [tenant, permissions].flatMap((rule) => (rule.kind === "tag" ? rule.tag : []));
  return [...new Set(names)].sort();
}

export function usedTags(names: readonly string[], tags: ReadonlyMap<string, string>): UsedTags {
  return names.map((name) => [name, tags.get(name) ?? null]);
}

/**
 *   tag of                  its value              outcome
 *   permissions             public                 public
 *   permissions             group:hr user:ann      those alone; names are separated by spaces
 *   permissions             deny, empty, none      unknown: nobody
 *   tenant                  acme                   that tenant
 *   tenant                  @all                   every tenant: a tag cannot hold `*`
 *   tenant                  empty, none            unknown: nobody, since whose it is is not said
 */
export function policyOf(rules: PolicyRules, tags: UsedTags): Policy {
  const values = new Map(tags);
  const tenant =
    rules.tenant.kind === "tag" ? values.get(rules.tenant.tag)?.trim() : rules.tenant.tenant;
  if (!tenant) return { tenant: everyTenant, permissions: denied };
  const { permissions } = rules;
  return {
    tenant: rules.tenant.kind === "tag" && tenant === allTenantsTag ? everyTenant : tenant,
    permissions:
      permissions.kind === "tag" ? permissionsIn(values.get(permissions.tag)) : permissions,
  };
}

function permissionsIn(value: string | null | undefined): Permissions {
  const words = (value ?? "").split(/\s+/u).filter((word) => word !== "");
  if (words.length === 1 && words[0] === "public") return { kind: "public" };
  if (words.length === 0 || words.includes("deny")) return denied;
  const parsed = permissionsSchema.safeParse({ kind: "only", principals: words });
  return parsed.success ? parsed.data : denied;
}

/** By configuration, or because nothing can be read of it as it is. */
export function isArchived(
  { archivedClasses }: PolicyRules,
  { isRestored, storageClass }: Pick<ObjectFacts, "isRestored" | "storageClass">,
): boolean {
  return archivedClasses.includes(storageClass) || (frozenClasses.has(storageClass) && !isRestored);
}

/** Changes when the same object would be another document than before. */
export function rulesDigest(rules: PolicyRules, storageClass: string): string {
  const { archivedClasses, permissions, tenant } = rules;
  const parts = [tenant, permissions, archivedClasses.includes(storageClass)];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, digestLength);
}
