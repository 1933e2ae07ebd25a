/** What carries promise 3: a search sees one revision of a document, complete. */
import type { Fence } from "./fence.ts";

export const noHalfDocument: readonly Fence[] = [
  {
    promise: 3,
    does: "Of a document's candidates those count that its manifest lists.",
    file: "libs/pipeline/src/query/candidates.ts",
    before: "  return candidates.filter(({ digest }) => live.has(digest)).sort(",
    after: "  return [...candidates].sort(",
    test: "points that no manifest lists are not shown",
  },
  {
    promise: 3,
    does: "Points are written before the manifest that lists them.",
    file: "libs/pipeline/src/commit/by-primitives.ts",
    before: `    await this.#put(generation, records);
    const behind = await this.#behind(generation, commits);
    const written = commits.map(({ manifest }) =>
      manifestToWrite(manifest, behind.has(manifest.documentId)),
    );
    await this.#writeManifests(generation, commits, written);`,
    after: `    const behind = await this.#behind(generation, commits);
    const written = commits.map(({ manifest }) =>
      manifestToWrite(manifest, behind.has(manifest.documentId)),
    );
    await this.#writeManifests(generation, commits, written);
    await this.#put(generation, records);`,
    test: "a document whose new points were not yet written is shown as it was",
  },
  {
    promise: 3,
    does: "A readable document without a listed candidate is looked up once more by its id.",
    file: "libs/pipeline/src/query/candidates.ts",
    before: "    await this.#lookAgain(unlisted);",
    after: "",
    test: "a document whose listed points are crowded out by unlisted ones is found all the same",
  },
  {
    promise: 3,
    does: "A sweep spares what a later revision wrote.",
    file: "libs/pipeline/src/commit/finish-commits.ts",
    before: "  return { documentId, below: revision, spare: live };",
    after: `  const below = { ...revision, epoch: Number.MAX_SAFE_INTEGER };
  return { documentId, below, spare: live };`,
    test: "a slow sweep spares the points of a revision that is being committed",
  },
  {
    promise: 3,
    does: "The last part of a document is committed when the points of all others are there.",
    file: "libs/pipeline/src/stages/upsert.ts",
    before: "    return earlier.every((digest) => exist.has(digest));",
    after: "    return true;",
    test: "a document in parts is not made live while points of an earlier part are missing",
  },
  {
    promise: 3,
    does: "Who lost the condition sweeps the points that were written for it.",
    file: "libs/pipeline/src/commit/finish-commits.ts",
    before: "      if (mayHaveLeft) sweeps.push(sweepOf(documentId, now.indexed));",
    after: "",
    test: "a write that lost leaves no points behind",
  },
  {
    promise: 3,
    does: "Who is superseded after writing parts ahead sweeps them.",
    file: "libs/pipeline/src/stages/upsert.ts",
    before: "      await index.sweep(generation, documentOf(part), { revision, live });",
    after: "",
    test: "parts that were written ahead of a revision that was passed over are swept",
  },
  {
    promise: 3,
    does: "Points carry no copies of a policy before the manifest that says it is written.",
    file: "libs/pipeline/src/commit/point-records.ts",
    before: "  return manifest && isSettled(manifest)",
    after: "  return manifest",
    test: "a point is not hidden by a policy that comes with a commit which is not made",
  },
];
