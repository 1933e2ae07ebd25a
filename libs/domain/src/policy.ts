/**
 * Who may read a document. Permissions are known or unknown, never absent, and unknown is
 * unreadable: a source that failed to say must not publish.
 */
export type Permissions =
  | { readonly kind: "unknown" }
  | { readonly kind: "public" }
  | { readonly kind: "only"; readonly principals: readonly string[] };

/** The tenant that every tenant sees. */
export const everyTenant = "*";

export interface Policy {
  readonly tenant: string;
  readonly permissions: Permissions;
}

/** Who asks. Without a tenant only documents of every tenant are seen. */
export interface Asker {
  readonly tenant: string | null;
  readonly principals: readonly string[];
}

export const unreadable: Policy = { tenant: everyTenant, permissions: { kind: "unknown" } };

/** What of a policy keeps an asker out. */
export type Denial = "tenant" | "unreadable" | "permissions";

export function allows(policy: Policy, asker: Asker): boolean {
  return denialOf(policy, asker) === null;
}

/**
 *   permissions   tenant matches   outcome
 *   any           no               denied: tenant
 *   unknown       yes              denied: unreadable
 *   public        yes              allowed
 *   only          yes              allowed when one of the asker's principals is named,
 *                                  else denied: permissions
 */
export function denialOf(policy: Policy, asker: Asker): Denial | null {
  if (policy.tenant !== everyTenant && policy.tenant !== asker.tenant) return "tenant";
  switch (policy.permissions.kind) {
    case "unknown":
      return "unreadable";
    case "public":
      return null;
    case "only": {
      const isNamed = policy.permissions.principals.some((name) => asker.principals.includes(name));
      return isNamed ? null : "permissions";
    }
  }
}

/** Whoever may ask in the name of these, and be told of what one of them may read. */
export interface Audience {
  readonly tenants: "*" | readonly string[];
  readonly principals: "*" | readonly string[];
}

/** Whether somebody in whose name the audience may ask is allowed. */
export function mayBeTold({ permissions, tenant }: Policy, audience: Audience): boolean {
  const { principals, tenants } = audience;
  if (tenant !== everyTenant && tenants !== "*" && !tenants.includes(tenant)) return false;
  switch (permissions.kind) {
    case "unknown":
      return false;
    case "public":
      return true;
    case "only":
      return principals === "*" || permissions.principals.some((name) => principals.includes(name));
  }
}

/** Permissions naming the same principals in another order are the same. */
export function samePolicy(a: Policy, b: Policy): boolean {
  return a.tenant === b.tenant && permissionsText(a.permissions) === permissionsText(b.permissions);
}

function permissionsText(permissions: Permissions): string {
  return permissions.kind === "only"
    ? JSON.stringify([...new Set(permissions.principals)].sort())
    : permissions.kind;
}
