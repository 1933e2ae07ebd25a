/** Commits as stages make them, for the contract of the index. */
import type {
  DocumentId,
  GenerationId,
  Manifest,
  Metadata,
  Policy,
  Revision,
  Token,
} from "@tidemark/domain";
import type { DocumentCommit, VectorIndex } from "@tidemark/pipeline";
import { aManifest, aPolicy, aRevision, aToken, anId, digestsOf, somePoints } from "../builders.ts";

/** The width of the vectors in these tests. */
export const dimension = 16;

interface CommitParts {
  readonly generation: GenerationId;
  readonly documentId?: DocumentId;
  readonly revision?: number | Revision;
  readonly texts?: readonly string[];
  /** The token that was read; null for a document of which nothing is known. */
  readonly read?: Token | null;
  readonly token?: Token;
  readonly policy?: Policy;
  readonly metadata?: Metadata;
  readonly archived?: boolean;
}

/** Makes a revision's content live, all of it written anew, and sweeps what it replaces. */
export function aCommit(parts: CommitParts): DocumentCommit {
  const { generation, documentId = anId(), texts = ["the tide comes in"] } = parts;
  const revision = aRevision(parts.revision);
  const policy = parts.policy ?? aPolicy();
  const { tenant } = policy;
  const put = somePoints(texts, { generation, documentId, revision, tenant, dimension });
  const live = digestsOf(put);
  const manifest = aManifest({
    documentId,
    revision,
    token: parts.token ?? aToken(),
    policy,
    metadata: parts.metadata ?? {},
    seen: { archived: parts.archived ?? false },
    indexed: { live, contentHash: texts.join("\n") },
  });
  return { manifest, tokenRead: parts.read ?? null, put, sweep: { revision, live } };
}

/** Advances both halves and empties the list. */
export function aDeletion(parts: CommitParts): DocumentCommit {
  const { manifest } = aCommit({ ...parts, texts: [] });
  const { revision, policy } = {
    ...manifest.seen,
    policy: aPolicy({ permissions: { kind: "unknown" } }),
  };
  const seen = { ...manifest.seen, deleted: true, contentHash: null, sourceDigest: null, policy };
  const indexed = manifest.indexed && { ...manifest.indexed, policy, contentHash: "" };
  const emptied: Manifest = { ...manifest, seen, indexed };
  const tokenRead = parts.read ?? null;
  return { manifest: emptied, tokenRead, put: [], sweep: { revision, live: [] } };
}

/** The newest policy and metadata change and the content does not. */
export function aRestriction(
  before: Manifest,
  after: { readonly revision: number; readonly policy?: Policy; readonly metadata?: Metadata },
): DocumentCommit {
  const revision = aRevision(after.revision);
  const { policy = before.seen.policy, metadata = before.seen.metadata } = after;
  const manifest: Manifest = {
    ...before,
    token: aToken(),
    seen: { ...before.seen, revision, policy, metadata },
    indexed: before.indexed && { ...before.indexed, revision, policy },
  };
  return { manifest, tokenRead: before.token, put: [], sweep: null };
}

/** @throws Error when the document has no manifest */
export async function manifestOf(
  index: VectorIndex,
  generation: GenerationId,
  documentId = anId(),
): Promise<Manifest> {
  const [manifest] = await index.manifests(generation, [documentId]);
  if (!manifest) throw new Error(`${documentId} has no manifest`);
  return manifest;
}

/** What is stored of a document: the texts of its points, listed or not, in no order. */
export async function storedTexts(
  index: VectorIndex,
  generation: GenerationId,
  documentId = anId(),
): Promise<string[]> {
  const points = await index.pointsOf(generation, documentId);
  return points.map((point) => point.text).sort();
}
