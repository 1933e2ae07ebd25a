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

/**
 *   permissions   tenant matches   outcome
 *   unknown       any              denied
 *   public        yes              allowed
 *   only          yes              allowed when one of the asker's principals is named
 *   any           no               denied
 */
export function allows(policy: Policy, asker: Asker): boolean {
  if (policy.tenant !== everyTenant && policy.tenant !== asker.tenant) return false;
  switch (policy.permissions.kind) {
    case "unknown":
      return false;
    case "public":
      return true;
    case "only":
      return policy.permissions.principals.some((name) => asker.principals.includes(name));
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
