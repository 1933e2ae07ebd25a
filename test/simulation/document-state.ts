/**
 * What a source says of a document, in a form of the simulation's own: it shares no code with what
 * it checks.
 */
import type { Manifest, Metadata, Permissions, Policy } from "@tidemark/domain";

export type DocumentState =
  | { readonly kind: "absent" }
  | {
      readonly kind: "present";
      readonly text: string;
      readonly contentHash: string;
      readonly permissions: Permissions;
      readonly tenant: string;
      readonly metadata: Metadata;
      readonly archived: boolean;
    };

export const absent: DocumentState = { kind: "absent" };

export interface Prober {
  readonly name: string;
  readonly tenant: string | null;
  readonly principals: readonly string[];
  /** Only documents whose metadata has this number. */
  readonly number: number | null;
}

/** Whether the state's own policy and facts let someone find it. */
export function shows(state: DocumentState, prober: Prober): boolean {
  if (state.kind === "absent" || state.archived) return false;
  const { metadata } = state;
  return (
    policyAdmits(state, prober) && (prober.number === null || metadata["number"] === prober.number)
  );
}

export function policyAdmits(policy: Policy, { tenant, principals }: Prober): boolean {
  const tenantAdmits = policy.tenant === "*" || policy.tenant === tenant;
  const { permissions } = policy;
  if (!tenantAdmits || permissions.kind === "unknown") return false;
  return (
    permissions.kind === "public" || permissions.principals.some((p) => principals.includes(p))
  );
}

/** Everything that the seen half of a manifest holds of a state, as one comparable text. */
export function seenText(state: DocumentState): string {
  if (state.kind === "absent") return "absent";
  const { archived, contentHash, metadata } = state;
  return JSON.stringify([archived, policyText(state), metadata, contentHash]);
}

export function seenTextOf({ seen }: Manifest): string {
  if (seen.deleted) return "absent";
  const { archived, contentHash, metadata, policy } = seen;
  return JSON.stringify([archived, policyText(policy), metadata, contentHash]);
}

export function policyText({ tenant, permissions }: Policy): string {
  const names = permissions.kind === "only" ? [...permissions.principals].join() : "";
  return `${tenant} ${permissions.kind} ${names}`;
}
