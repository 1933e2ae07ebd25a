/** When what an index stores was embedded, as an index counts it. */
import type { EmbeddingTimes, VectorIndex } from "@tidemark/pipeline";
import { anId, aSource, atMs, somePoints } from "../builders.ts";
import { dimension } from "./commits.ts";
import { withGeneration } from "./fresh-names.ts";

const dayMs = 24 * 3_600_000;

export function vectorIndexAges(open: () => Promise<VectorIndex & EmbeddingTimes>): void {
  test("points are counted by when they were embedded, of one source and generation", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const embedded = (key: string, texts: readonly string[], embeddedAtMs: number) =>
        somePoints(texts, { generation, dimension, documentId: anId(key) }).map((point) => ({
          ...point,
          embeddedAtMs,
        }));
      const elsewhere = somePoints(["slack"], {
        generation,
        dimension,
        documentId: anId("a", "wiki"),
      });
      await index.putPoints(generation, [
        ...embedded("a", ["ebb", "flood"], atMs - 3 * dayMs),
        ...embedded("b", ["neap"], atMs - dayMs),
        ...embedded("c", ["spring", "surge", "swell"], atMs),
        ...elsewhere,
      ]);

      const times = [atMs - 2 * dayMs, atMs - dayMs, atMs];
      const counts = await index.embeddedBetween(generation, aSource, times);

      expect(counts).toEqual([2, 0, 1, 3]);
    }));

  test("what is embedded again, or swept, is not counted where it was", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const documentId = anId("a");
      const of = (revision: number, text: string, embeddedAtMs: number) =>
        somePoints([text], { generation, dimension, documentId, revision }).map((point) => ({
          ...point,
          embeddedAtMs,
        }));
      await index.putPoints(generation, [
        ...of(1, "ebb", atMs - dayMs),
        ...of(1, "flood", atMs - dayMs),
      ]);
      await index.putPoints(generation, of(2, "ebb", atMs));
      const sweep = { revision: { epoch: 1, position: 2 }, live: [] };
      await index.sweep(generation, documentId, sweep);

      const counts = await index.embeddedBetween(generation, aSource, [atMs - dayMs, atMs]);

      expect(counts).toEqual([0, 0, 1]);
    }));

  test("more documents than are read at once are counted, and none of nothing", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const before = await index.embeddedBetween(generation, aSource, [atMs]);
      const points = Array.from({ length: 300 }, (_, at) =>
        somePoints(["ebb"], { generation, dimension, documentId: anId(`k${at}`) }),
      );
      await index.putPoints(generation, points.flat());

      const after = await index.embeddedBetween(generation, aSource, [atMs]);

      expect(before).toEqual([0, 0]);
      expect(after).toEqual([0, 300]);
    }));
}
