/** A data directory against one that was indexed afresh: each document, chunk by chunk. */
import {
  compareRevisions,
  standingOf,
  type DocumentId,
  type Permissions,
  type Point,
  type Policy,
} from "@tidemark/domain";
import type { Difference, DifferenceKind } from "./difference.ts";
import type { Store, StoredDocument } from "./read-store.ts";

/** Vectors of one text made in different company differ by less. */
const cosineLeast = 0.99999;

export function compareStores(checked: Store, fresh: Store): Difference[] {
  const ids = new Set([...checked.documents.keys(), ...fresh.documents.keys()]);
  return [...ids].toSorted().flatMap((id) => {
    const one = checked.documents.get(id);
    const other = fresh.documents.get(id);
    return compareDocument(id, isThere(one) ? one : undefined, isThere(other) ? other : undefined, {
      buried: one && !isThere(one) ? one : undefined,
    });
  });
}

function isThere(document: StoredDocument | undefined): document is StoredDocument {
  return document !== undefined && !document.manifest.seen.deleted;
}

function compareDocument(
  id: DocumentId,
  checked: StoredDocument | undefined,
  fresh: StoredDocument | undefined,
  { buried }: { readonly buried: StoredDocument | undefined },
): Difference[] {
  const differ = (kind: DifferenceKind, detail: string): Difference => ({
    kind,
    subject: id,
    detail,
  });
  if (buried && buried.live.length > 0) {
    return [differ("unexpected", `deleted, with ${buried.live.length} live chunks`)];
  }
  if (!checked && !fresh) return [];
  if (!checked) return [differ("missing", buried ? "deleted" : "never seen")];
  if (!fresh) return [differ("unexpected", `${standingOf(checked.manifest)}, and not in a source`)];
  return [
    ...compareManifests(checked, fresh, differ),
    // What is archived is kept as it was, and never embedded before it is wanted.
    ...(fresh.manifest.seen.archived ? [] : compareChunks(checked, fresh, differ)),
  ];
}

type Differ = (kind: DifferenceKind, detail: string) => Difference;

function compareManifests(
  { manifest: one }: StoredDocument,
  { manifest: other }: StoredDocument,
  differ: Differ,
): Difference[] {
  const found: Difference[] = [];
  const expect = (kind: DifferenceKind, what: string, actual: unknown, expected: unknown) => {
    const [is, should] = [canonical(actual), canonical(expected)];
    if (is !== should) found.push(differ(kind, `${what}: ${is}, not ${should}`));
  };
  expect("archived", "archived", one.seen.archived, other.seen.archived);
  expect("standing", "standing", standingOf(one), standingOf(other));
  expect("standing", "failure", one.failure?.reason ?? null, other.failure?.reason ?? null);
  expect("metadata", "metadata", one.seen.metadata, other.seen.metadata);
  expect("content", "content hash", one.seen.contentHash, other.seen.contentHash);
  expect("content", "digest of the source", one.seen.sourceDigest, other.seen.sourceDigest);
  const policies: [string, Policy, Policy][] = [["seen", one.seen.policy, other.seen.policy]];
  if (!other.seen.archived && one.indexed && other.indexed) {
    policies.push(["indexed", one.indexed.policy, other.indexed.policy]);
    expect("content", "live content", one.indexed.contentHash, other.indexed.contentHash);
    expect("content", "title", one.indexed.title, other.indexed.title);
    expect("content", "characters", one.indexed.characters, other.indexed.characters);
    expect("content", "fingerprint", one.indexed.fingerprint, other.indexed.fingerprint);
    if (!other.failure && compareRevisions(one.seen.revision, one.indexed.revision) !== 0) {
      found.push(differ("missing", "a newer revision is still pending"));
    }
  }
  for (const [half, is, should] of policies) {
    expect("tenant", `${half} tenant`, is.tenant, should.tenant);
    expect("permissions", `${half} permissions`, named(is.permissions), named(should.permissions));
  }
  return found;
}

function named(permissions: Permissions): unknown {
  return permissions.kind === "only"
    ? [...new Set(permissions.principals)].toSorted()
    : permissions.kind;
}

/** With the fields of objects in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function compareChunks(
  { live: chunks }: StoredDocument,
  { live: expected }: StoredDocument,
  differ: Differ,
): Difference[] {
  if (chunks.length !== expected.length) {
    return [differ("chunks", `${chunks.length} chunks, not ${expected.length}`)];
  }
  return expected.flatMap((other, at) => {
    const one = chunks[at];
    if (!other) return [differ("point", `chunk ${at} of the fresh index is not stored`)];
    if (!one) return [differ("point", `chunk ${at} is listed and not stored`)];
    return comparePoints(one, other, (kind, detail) => differ(kind, `chunk ${at}: ${detail}`));
  });
}

function comparePoints(one: Point, other: Point, differ: Differ): Difference[] {
  const found: Difference[] = [];
  if (one.text !== other.text) {
    const isMoved = one.chunkHash !== other.chunkHash;
    found.push(differ(isMoved ? "chunks" : "text", isMoved ? "another chunk" : "another text"));
  }
  if (canonical(one.heading) !== canonical(other.heading)) {
    found.push(differ("heading", `${canonical(one.heading)}, not ${canonical(other.heading)}`));
  }
  if (one.textHash !== other.textHash || one.chunkHash !== other.chunkHash) {
    found.push(differ("point", "hashes differ"));
  }
  if (one.id !== other.id) found.push(differ("point", `id ${one.id}, not ${other.id}`));
  // A point's tenant is the one its vector was made for; whose the document is, its manifest says.
  const cosine = cosineOf(one.vector, other.vector);
  // Not a number is no likeness either.
  if (!(cosine > cosineLeast)) found.push(differ("vector", `cosine ${cosine}`));
  return found;
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [at, x] of a.entries()) {
    const y = b[at] ?? Number.NaN;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return a.length === b.length ? dot / Math.sqrt(aa * bb) : Number.NaN;
}
