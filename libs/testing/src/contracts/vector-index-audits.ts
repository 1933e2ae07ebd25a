/** What an audit may rely on: every manifest and every point, as digests of what is stored. */
import {
  addPoints,
  digestOf,
  noPoints,
  pointsDigest,
  seenDigest,
  type DocumentId,
  type GenerationId,
  type PointSum,
} from "@tidemark/domain";
import type {
  AuditedIndex,
  DocumentCommit,
  LeafPage,
  ManifestLeaf,
  PointLeaf,
  VectorIndex,
} from "@tidemark/pipeline";
import { anId, aSource, somePoints } from "../builders.ts";
import {
  aCommit as madeCommit,
  aDeletion,
  aRestriction,
  dimension,
  manifestOf,
} from "./commits.ts";
import { withGeneration } from "./fresh-names.ts";

const fingerprint = "fingerprint";

export function vectorIndexAudits(open: () => Promise<VectorIndex & AuditedIndex>): void {
  test("an audit reads each manifest and each point once, in pages of any size", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const commits = ["a", "b", "c", "d", "e"].map((key) =>
        aCommit({ generation, documentId: anId(key), texts: ["ebb", "flood", key] }),
      );
      const elsewhere = aCommit({ generation, documentId: anId("a", "wiki") });
      await index.commit(
        generation,
        [...commits, aDeletion({ generation, documentId: anId("f") }), elsewhere],
        [],
      );

      for (const limit of [1, 2, 4, 1_000]) {
        const manifests = await manifestsOf(index, generation, { limit });
        const points = await pointsOf(index, generation, limit);

        const ids = ["a", "b", "c", "d", "e", "f"].map((key) => anId(key));
        expect(manifests.map(({ id }) => id).sort()).toEqual(ids);
        for (const { id, isUnsound, live, seen } of manifests) {
          const stored = points.get(id) ?? noPoints;
          expect({ isUnsound, live }).toEqual({ live: pointsDigest(stored) });
          expect(seen).toBe(seenDigest((await manifestOf(index, generation, id)).seen));
        }
      }
    }));

  test("a point that no manifest lists is there for the audit, and so is one that is lost", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const commit = aCommit({ generation, documentId: anId("a"), texts: ["ebb", "flood"] });
      const [ebb] = commit.put;
      await index.commit(generation, [{ ...commit, put: [ebb!] }], []);
      const stray = somePoints(["a wreck"], { generation, documentId: anId("b"), dimension });
      await index.putPoints(generation, stray);

      const [a, b] = await index.indexedDocuments(generation, [anId("a"), anId("b")]);
      const sums = await pointsOf(index, generation, 10);
      const [leaf] = await manifestsOf(index, generation, { limit: 10 });

      expect(a?.points.map(({ id }) => id)).toEqual([ebb?.id]);
      expect(b).toMatchObject({ manifest: null, points: [{ id: stray[0]?.id }] });
      expect([sums.get(anId("a"))?.count, sums.get(anId("b"))?.count]).toEqual([1, 1]);
      expect(leaf?.live).not.toBe(pointsDigest(sums.get(anId("a")) ?? noPoints));
    }));

  test("what narrows searches follows a restriction, and the audit sees that it does", () =>
    withGeneration(open, dimension, async (index, generation) => {
      await index.commit(generation, [aCommit({ generation, documentId: anId("a") })], []);
      const before = await manifestOf(index, generation, anId("a"));
      const policy = {
        tenant: "acme",
        permissions: { kind: "only", principals: ["ann"] },
      } as const;
      await index.commit(generation, [aRestriction(before, { revision: 2, policy })], []);

      const [leaf] = await manifestsOf(index, generation, { limit: 10 });
      const points = await pointsOf(index, generation, 10);
      const [document] = await index.indexedDocuments(generation, [anId("a")]);

      expect(leaf?.isUnsound).toBeUndefined();
      expect(leaf?.live).toBe(pointsDigest(points.get(anId("a")) ?? noPoints));
      expect(document?.isNarrowedRight).toBe(true);
      expect(document?.points.map(({ narrows }) => narrows)).toEqual([document?.narrows]);
      expect(document?.points.map(({ id }) => digestOf(id))).toEqual(
        document?.manifest?.indexed?.live,
      );
    }));

  test("what could not be read is told with the reason", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const { manifest, ...commit } = aCommit({ generation, documentId: anId("a") });
      const { revision } = manifest.seen;
      const failure = { revision, reason: "unparseable", message: "no PDF", atMs: 0 };
      await index.commit(
        generation,
        [
          { ...commit, manifest: { ...manifest, failure } },
          aCommit({ generation, documentId: anId("b") }),
        ],
        [],
      );

      const leaves = await manifestsOf(index, generation, { limit: 10 });

      const told = new Map(leaves.map(({ id, setAside }) => [id, setAside]));
      expect(told.get(anId("a"))).toEqual({ reason: "unparseable", message: "no PDF" });
      expect(told.get(anId("b"))).toBeUndefined();
    }));

  test("what another fingerprint made does not pass for sound", () =>
    withGeneration(open, dimension, async (index, generation) => {
      await index.commit(generation, [aCommit({ generation, documentId: anId("a") })], []);

      const [leaf] = await manifestsOf(index, generation, { limit: 10, expected: "another" });

      expect(leaf?.isUnsound).toBe(true);
    }));
}

/** A commit of what was seen: both halves have the same content. */
function aCommit(parts: Parameters<typeof madeCommit>[0]): DocumentCommit {
  const { manifest, ...commit } = madeCommit(parts);
  const contentHash = manifest.indexed?.contentHash ?? null;
  return { ...commit, manifest: { ...manifest, seen: { ...manifest.seen, contentHash } } };
}

async function manifestsOf(
  index: AuditedIndex,
  generation: GenerationId,
  { expected = fingerprint, limit }: { readonly expected?: string; readonly limit: number },
): Promise<readonly ManifestLeaf[]> {
  const found: ManifestLeaf[] = [];
  let from: string | null = null;
  do {
    const range = { source: aSource, from, limit, fingerprint: expected };
    const page: LeafPage<ManifestLeaf> = await index.manifestLeaves(generation, range);
    expect(page.leaves.length).toBeLessThanOrEqual(limit);
    found.push(...page.leaves);
    from = page.next;
  } while (from !== null);
  return found;
}

async function pointsOf(
  index: AuditedIndex,
  generation: GenerationId,
  limit: number,
): Promise<ReadonlyMap<DocumentId, PointSum>> {
  const sums = new Map<DocumentId, PointSum>();
  let from: string | null = null;
  do {
    const range = { source: aSource, from, limit };
    const page: LeafPage<PointLeaf> = await index.pointLeaves(generation, range);
    for (const { id, points } of page.leaves) {
      sums.set(id, addPoints(sums.get(id) ?? noPoints, points));
    }
    from = page.next;
  } while (from !== null);
  return sums;
}
