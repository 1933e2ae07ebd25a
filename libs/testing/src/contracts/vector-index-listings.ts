/** What an index can say of all that it has. */
import { documentIdLengthMax, keyOf, type DocumentId, type GenerationId } from "@tidemark/domain";
import type { DocumentCommit, VectorIndex } from "@tidemark/pipeline";
import { aManifest, anId, aSource, atMs, somePoints } from "../builders.ts";
import { aCommit, aDeletion, dimension } from "./commits.ts";
import { withGeneration } from "./fresh-names.ts";

export function vectorIndexListings(open: () => Promise<VectorIndex>): void {
  test("vectors of equal text are found within a tenant and a generation", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const parts = { generation, dimension };
      const ours = somePoints(["ebb", "flood"], { ...parts, tenant: "acme" });
      const theirs = somePoints(["slack"], { ...parts, documentId: anId("b"), tenant: "beta" });
      await index.putPoints(generation, [...ours, ...theirs]);

      const hashes = [...ours, ...theirs].map((point) => point.textHash);
      const found = await index.vectorsByText(generation, "acme", [...hashes, "absent"]);

      const expected = ours.map((point) => [point.textHash, point.vector] as const);
      expect(found).toEqual(new Map(expected));
    }));

  test("manifests are listed by the bytes of their keys, page by page, tombstones too", () =>
    withGeneration(open, dimension, async (index, generation) => {
      // UTF-16 would put the emoji before the last of these.
      const keys = ["a", "a/b", "a b", "B", "é", "z\nz", "🌊", "\u{ff5e}"];
      const commits = keys.map((key): DocumentCommit => {
        const parts = { generation, documentId: anId(key), texts: [] };
        return key === "B" ? aDeletion(parts) : aCommit(parts);
      });
      const elsewhere = aCommit({ generation, documentId: anId("a", "wiki") });
      await index.commit(generation, [...commits, elsewhere], []);

      const listed = await listAll(index, generation, 3);

      expect(listed.map(({ documentId }) => keyOf(documentId))).toEqual(
        keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      const byKey = new Map(listed.map((found) => [keyOf(found.documentId), found]));
      expect(byKey.get("B")).toMatchObject({ deleted: true, sourceDigest: null });
      expect(byKey.get("a")).toEqual({
        documentId: anId("a"),
        deleted: false,
        sourceDigest: "digest",
        revision: { epoch: 1, position: 1 },
        seenAtMs: atMs,
      });
    }));

  test("counts are by source, and tombstones are no documents", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const waiting = (key: string, observedAtMs: number): DocumentCommit => ({
        manifest: aManifest({
          documentId: anId(key),
          revision: { epoch: 3, position: 1 },
          seen: { observedAtMs },
          indexed: null,
        }),
        tokenRead: null,
        put: [],
        sweep: null,
      });
      await index.commit(
        generation,
        [
          aCommit({ generation, documentId: anId("a"), texts: ["ebb", "flood"] }),
          aDeletion({ generation, documentId: anId("b"), revision: { epoch: 7, position: 0 } }),
          waiting("c", atMs + 20),
          waiting("d", atMs + 10),
          aCommit({ generation, documentId: anId("a", "wiki"), archived: true, texts: [] }),
        ],
        [],
      );

      const counts = await index.counts(generation);

      expect([...counts].sort((a, b) => (a.source < b.source ? -1 : 1))).toEqual([
        {
          source: "files",
          documents: 3,
          searchable: 1,
          archived: 0,
          failed: 0,
          pending: 2,
          chunks: 2,
          oldestPendingMs: atMs + 10,
          highestEpoch: 7,
        },
        {
          source: "wiki",
          documents: 1,
          searchable: 0,
          archived: 1,
          failed: 0,
          pending: 0,
          chunks: 0,
          oldestPendingMs: null,
          highestEpoch: 1,
        },
      ]);
    }));

  test("a document that failed is counted so, and not as pending", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const failed = aManifest({
        revision: 2,
        indexed: null,
        failure: { revision: { epoch: 1, position: 2 }, reason: "size-limit", message: "", atMs },
      });
      const commit = { manifest: failed, tokenRead: null, put: [], sweep: null };
      await index.commit(generation, [commit], []);

      const [counts] = await index.counts(generation);

      expect(counts).toMatchObject({ documents: 1, failed: 1, pending: 0, searchable: 0 });
    }));

  test("a key as long as one may be, with quotes and percent signs, is kept as it is", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const awkward = "100%_'\"\\;--/";
      const key = awkward + "k".repeat(documentIdLengthMax - awkward.length - "files/".length);
      await index.commit(generation, [aCommit({ generation, documentId: anId(key) })], []);

      const [manifest] = await index.manifests(generation, [anId(key)]);
      const [listed] = await listAll(index, generation, 10);

      expect(manifest?.documentId).toBe(anId(key));
      expect(listed?.documentId).toBe(anId(key));
    }));
}

async function listAll(index: VectorIndex, generation: GenerationId, limit: number) {
  const all = [];
  let after: DocumentId | null = null;
  for (;;) {
    const page = await index.listManifests(generation, aSource, { after, limit });
    expect(page.length).toBeLessThanOrEqual(limit);
    all.push(...page);
    const last = page.at(-1);
    if (!last) return all;
    after = last.documentId;
  }
}
