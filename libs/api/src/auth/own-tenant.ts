/**
 * Documents of one source share a key space, whatever their tenant. A key limited to tenants must
 * neither overwrite, remove nor read back what belongs to another one.
 */
import type { DocumentId, WriteToken } from "@tidemark/domain";
import { keyOf, sourceOf } from "@tidemark/domain";
import { RequestError, type AwaitedWrite, type Operations } from "@tidemark/pipeline";
import { mayTouchTenant, type Rights } from "./rights.ts";

/** @throws RequestError with 403 when the stored document is another tenant's. */
export async function requireOwnTenant(
  operations: Operations,
  rights: Rights,
  id: DocumentId,
): Promise<void> {
  if (await isOfAnotherTenant(operations, rights, id)) {
    throw new RequestError(403, "tenant-not-allowed", "this document belongs to another tenant");
  }
}

/** A document that is unknown or deleted belongs to nobody. */
export async function isOfAnotherTenant(
  operations: Operations,
  rights: Rights,
  id: DocumentId,
): Promise<boolean> {
  if (rights.tenants === "*") return false;
  const { manifest } = await operations.document(sourceOf(id), keyOf(id));
  if (!manifest || manifest.seen.deleted) return false;
  return !mayTouchTenant(rights, manifest.seen.policy.tenant);
}

/** Tokens can be made up; those of another tenant's documents must not tell that these exist. */
export async function ownWrites(
  operations: Operations,
  rights: Rights,
  writes: readonly WriteToken[],
): Promise<{ readonly own: readonly WriteToken[]; readonly foreign: readonly AwaitedWrite[] }> {
  if (rights.tenants === "*") return { own: writes, foreign: [] };
  const marked = await Promise.all(
    writes.map(async (token) => ({
      token,
      isForeign: await isOfAnotherTenant(operations, rights, token.documentId),
    })),
  );
  return {
    own: marked.flatMap(({ token, isForeign }) => (isForeign ? [] : [token])),
    foreign: marked.flatMap(({ token, isForeign }) =>
      isForeign ? [{ ...token, status: "pending", reason: null } as const] : [],
    ),
  };
}
