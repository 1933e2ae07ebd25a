/** In whose name a source's probe is searched for: nobody else needs to find it. */
import type { ProbeAsker } from "@tidemark/pipeline";

/** Tenant and reader of a probe's document, wherever the source lets its writer say so. */
export const probeName = "tidemark:probe";

export function askerOf(
  stated: {
    /** Whose the document is whatever its writer says; null where it is everybody's. */
    readonly tenant: string | null;
    /** Who may read it whatever its writer says; null where everybody may. */
    readonly principals: readonly string[] | null;
  },
  source: {
    readonly declaresTenants: boolean;
    readonly declaresPermissions: boolean;
    readonly tenantsRequired: boolean;
  },
): ProbeAsker {
  const needsTenant = source.declaresTenants || source.tenantsRequired;
  const { principals, tenant } = stated;
  return {
    tenant: tenant ?? (needsTenant ? probeName : null),
    principals: principals ?? (source.declaresPermissions ? [probeName] : null),
  };
}
