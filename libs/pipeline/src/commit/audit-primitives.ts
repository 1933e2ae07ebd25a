/** What an audit reads of an index of primitives: digests are made here, from pages of what is stored. */
import {
  addPoint,
  digestOf,
  isSound,
  listedPoints,
  noPoints,
  pointsDigest,
  seenDigest,
  setAsideOf,
  type DocumentId,
  type GenerationId,
  type Manifest,
  type PointSum,
} from "@tidemark/domain";
import type {
  AuditPage,
  IndexedDocument,
  LeafPage,
  ManifestLeaf,
  PointLeaf,
} from "../ports/audited-index.ts";
import type { IndexPrimitives, KeptManifest } from "./primitives.ts";

export async function manifestLeavesOf(
  primitives: IndexPrimitives,
  generation: GenerationId,
  { fingerprint, ...page }: AuditPage & { readonly fingerprint: string },
): Promise<LeafPage<ManifestLeaf>> {
  const { kept, next } = await primitives.scrollKept(generation, page);
  return { leaves: kept.map((each) => leafOf(primitives, each, fingerprint)), next };
}

export async function pointLeavesOf(
  primitives: IndexPrimitives,
  generation: GenerationId,
  page: AuditPage,
): Promise<LeafPage<PointLeaf>> {
  const { next, points } = await primitives.scrollPoints(generation, page);
  const sums = new Map<DocumentId, PointSum>();
  for (const { documentId, id, narrows } of points) {
    const before = sums.get(documentId) ?? noPoints;
    sums.set(documentId, addPoint(before, { digest: digestOf(id), narrows }));
  }
  const leaves = [...sums].map(([id, sum]) => ({ id, points: sum }));
  return { leaves, next };
}

export async function indexedDocumentsOf(
  primitives: IndexPrimitives,
  generation: GenerationId,
  ids: readonly DocumentId[],
): Promise<readonly IndexedDocument[]> {
  const kept = await primitives.readKept(generation, ids);
  const points = await primitives.pointsWithin(generation, ids);
  const strays = await primitives.strayManifests(generation, ids);
  const byDocument = Map.groupBy(points, ({ documentId }) => documentId);
  return ids.map((id, at) => {
    const found = kept[at];
    return {
      manifest: found?.manifest ?? null,
      strayManifests: strays[at] ?? 0,
      isNarrowedRight: found?.isKeptAlike ?? true,
      narrows: found ? narrowsFor(primitives, found.manifest) : null,
      points: (byDocument.get(id) ?? []).map(({ id: point, narrows, revision }) => ({
        id: point,
        revision,
        narrows,
      })),
    };
  });
}

function leafOf(
  primitives: IndexPrimitives,
  { isKeptAlike, manifest }: KeptManifest,
  fingerprint: string,
): ManifestLeaf {
  const sound = isKeptAlike && isSound(manifest, fingerprint);
  const setAside = setAsideOf(manifest);
  return {
    id: manifest.documentId,
    seen: seenDigest(manifest.seen),
    live: pointsDigest(listedPoints(manifest, narrowsFor(primitives, manifest))),
    ...(sound ? {} : { isUnsound: true }),
    ...(setAside ? { setAside } : {}),
  };
}

function narrowsFor(primitives: IndexPrimitives, manifest: Manifest): string | null {
  return (manifest.indexed?.live.length ?? 0) === 0 ? null : primitives.narrowsOf(manifest);
}
