/** What a write answers and a search can wait for: a document and the revision to be visible. */
import type { DocumentId } from "./ids.ts";
import type { Manifest } from "./manifest.ts";
import { compareRevisions, type Revision } from "./revision.ts";

export interface WriteToken {
  readonly documentId: DocumentId;
  readonly revision: Revision;
}

export function encodeWriteToken(token: WriteToken): string {
  const { documentId, revision } = token;
  const fields = [documentId, revision.epoch, revision.position];
  return `w1.${Buffer.from(JSON.stringify(fields)).toString("base64url")}`;
}

/** Null when the text is no token of ours. */
export function decodeWriteToken(text: string): WriteToken | null {
  if (!text.startsWith("w1.")) return null;
  try {
    const fields: unknown = JSON.parse(Buffer.from(text.slice(3), "base64url").toString());
    if (!Array.isArray(fields) || fields.length !== 3) return null;
    const [documentId, epoch, position] = fields as readonly unknown[];
    if (typeof documentId !== "string") return null;
    if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(position)) return null;
    return {
      documentId: documentId as DocumentId,
      revision: { epoch: epoch as number, position: position as number },
    };
  } catch {
    return null;
  }
}

export type WriteStatus =
  | { readonly kind: "visible" }
  | { readonly kind: "pending" }
  | { readonly kind: "superseded" }
  | { readonly kind: "failed"; readonly reason: string };

/**
 *   seen       indexed      failure         outcome
 *   -          = written    -               visible
 *   -          > written    -               superseded: something newer is visible
 *   -          < written    >= written      failed
 *   any        < written    none or older   pending
 *
 * A delete or a restriction is visible with its manifest; archived content is visible as hidden.
 */
export function statusOfWrite(manifest: Manifest | undefined, written: Revision): WriteStatus {
  if (!manifest) return { kind: "pending" };
  const { seen, indexed, failure } = manifest;
  const reached = indexed ? compareRevisions(indexed.revision, written) : -1;
  if (reached === 0) return { kind: "visible" };
  if (reached > 0) return { kind: "superseded" };
  if (failure && compareRevisions(failure.revision, written) >= 0) {
    return { kind: "failed", reason: `${failure.reason}: ${failure.message}` };
  }
  const order = compareRevisions(seen.revision, written);
  if (order === 0 && seen.archived) return { kind: "visible" };
  if (order > 0 && seen.archived) return { kind: "superseded" };
  return { kind: "pending" };
}
