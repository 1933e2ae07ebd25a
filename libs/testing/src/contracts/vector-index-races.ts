/** Writers of one document, at once: one wins each token, and no revision is ever lost. */
import { isNewer, type Token } from "@tidemark/domain";
import type { DocumentCommit, VectorIndex } from "@tidemark/pipeline";
import { aToken, anId, digestsOf } from "../builders.ts";
import { aCommit, dimension, manifestOf, storedTexts } from "./commits.ts";
import { withGeneration } from "./fresh-names.ts";

const writersMax = 20;
const writers = Array.from({ length: writersMax }, (_, at) => at + 1);

export function vectorIndexRaces(open: () => Promise<VectorIndex>): void {
  test("of 20 writers of a document that nobody knows exactly one wins", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const outcomes = await Promise.all(
        writers.map(async (revision) => {
          const commit = aCommit({ generation, revision, texts: [`by ${revision}`] });
          return index.commit(generation, [commit], []);
        }),
      );

      expect(outcomes.flat().filter((outcome) => outcome === "won")).toHaveLength(1);
      const winner = outcomes.findIndex(([outcome]) => outcome === "won") + 1;
      const manifest = await manifestOf(index, generation);
      expect(manifest.seen.revision.position).toBe(winner);
      expect(await storedTexts(index, generation)).toContain(`by ${winner}`);
    }));

  test("of 20 writers that read the same token exactly one wins", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const first = aCommit({ generation, revision: 0 });
      await index.commit(generation, [first], []);
      const read = first.manifest.token;

      const outcomes = await Promise.all(
        writers.map((revision) =>
          index.commit(generation, [aCommit({ generation, revision, read })], []),
        ),
      );

      expect(outcomes.flat().filter((outcome) => outcome === "won")).toHaveLength(1);
    }));

  test("20 writers that decide again when they lose leave the newest revision, whole", () =>
    withGeneration(open, dimension, async (index, generation) => {
      await Promise.all(
        writers.map(async (revision) => {
          const texts = ["shared", `by ${revision}`];
          const attempt = (read: Token | null): DocumentCommit =>
            aCommit({ generation, revision, texts, read, token: aToken() });
          await commitUnlessSuperseded(index, generation, attempt);
        }),
      );

      const manifest = await manifestOf(index, generation);
      expect(manifest.seen.revision.position).toBe(writersMax);
      const points = await index.pointsOf(generation, anId());
      const stored = new Set(digestsOf(points));
      expect(manifest.indexed?.live.every((digest) => stored.has(digest))).toBe(true);
      expect(points.map((point) => point.text)).toEqual(
        expect.arrayContaining(["shared", `by ${writersMax}`]),
      );
    }));
}

/** As a stage does it: read, decide, commit; and sweep what a superseded attempt may have left. */
async function commitUnlessSuperseded(
  index: VectorIndex,
  generation: Parameters<VectorIndex["commit"]>[0],
  attempt: (read: Token | null) => DocumentCommit,
): Promise<void> {
  for (;;) {
    const [found] = await index.manifests(generation, [anId()]);
    const commit = attempt(found?.token ?? null);
    const { revision } = commit.manifest.seen;
    if (found?.indexed && !isNewer(revision, found.seen.revision)) {
      return index.sweep(generation, anId(), found.indexed);
    }
    const [outcome] = await index.commit(generation, [commit], []);
    if (outcome === "won") return undefined;
  }
}
