/** Which documents an asker may find, decided once for all documents of the same two policies. */
import { everyTenant, type Policy } from "@tidemark/domain";

/** The policy last seen, and that of the live content. Both have to allow. */
export type Audience = readonly Policy[];

export interface Seer {
  readonly tenants: ReadonlySet<string> | null;
  /** Null sees whatever somebody may see. */
  readonly principals: ReadonlySet<string> | null;
}

/** Equal policies have equal text: principals are sorted and named once. */
export function encodeAudience(audience: Audience): string {
  return JSON.stringify(
    audience.map(({ tenant, permissions }) => ({
      tenant,
      permissions:
        permissions.kind === "only"
          ? { kind: "only", principals: [...new Set(permissions.principals)].sort() }
          : { kind: permissions.kind },
    })),
  );
}

export function decodeAudience(text: string): Audience {
  return JSON.parse(text) as Audience;
}

export function mayFind(audience: Audience, seer: Seer): boolean {
  return audience.every((policy) => passes(policy, seer));
}

function passes({ tenant, permissions }: Policy, { tenants, principals }: Seer): boolean {
  if (tenants && tenant !== everyTenant && !tenants.has(tenant)) return false;
  switch (permissions.kind) {
    case "unknown":
      return false;
    case "public":
      return true;
    case "only":
      return (
        principals === null || permissions.principals.some((principal) => principals.has(principal))
      );
  }
}
