/** Candidates, narrowed by the copies that points carry. */
import { everyTenant, type DocumentId, type Metadata, type Permissions } from "@tidemark/domain";
import type { CandidateQuery, DocumentCommit, Narrowing, VectorIndex } from "@tidemark/pipeline";
import { aPolicy, anId, only, somePoints } from "../builders.ts";
import { wordVector } from "../memory-embedder.ts";
import { cosine } from "../nearest.ts";
import { seededChance } from "../seeded-chance.ts";
import { aCommit, aDeletion, aRestriction, dimension, manifestOf } from "./commits.ts";
import { freshName, withGeneration } from "./fresh-names.ts";

const commitsPerBatch = 500;

export function vectorIndexSearches(
  open: () => Promise<VectorIndex>,
  { documents }: { readonly documents: number },
): void {
  test("the nearest points come first, with their cosine", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const texts = ["ebb flood", "flood slack", "storm surge"];
      await index.commit(generation, [aCommit({ generation, texts })], []);

      const found = await index.search(generation, aQuery("flood slack"));

      const [first] = found;
      const [, expected] = somePoints(texts, { generation, dimension });
      expect(first?.id).toBe(expected?.id);
      expect(first?.documentId).toBe(anId());
      expect(first?.score).toBeCloseTo(1, 4);
      const scores = found.map((candidate) => candidate.score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    }));

  test("an exact search finds the nearest of all", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const texts = ["ebb flood", "flood slack", "storm surge"];
      await index.commit(generation, [aCommit({ generation, texts })], []);

      const found = await index.search(generation, { ...aQuery("storm surge"), exact: true });

      const [, , expected] = somePoints(texts, { generation, dimension });
      expect(found[0]?.id).toBe(expected?.id);
      expect(found).toHaveLength(3);
    }));

  test("where nobody asks, points that only some may see are candidates too", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const policy = aPolicy({ permissions: only("user:ann") });
      await index.commit(generation, [aCommit({ generation, texts: ["ebb tide"], policy })], []);
      const asked = aQuery("ebb tide");

      const nobody = { ...asked.narrowing, principals: null };

      expect(await index.search(generation, asked)).toEqual([]);
      expect(await index.search(generation, { ...asked, narrowing: nobody })).toHaveLength(1);
    }));

  test("a limit bounds the candidates, and excluded documents are none", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const keys = ["a", "b", "c", "d"];
      await index.commit(
        generation,
        keys.map((key) => aCommit({ generation, documentId: anId(key), texts: [`tide ${key}`] })),
        [],
      );

      const limited = await index.search(generation, { ...aQuery("tide"), limit: 2 });
      const excluded = [anId("a"), anId("c")];
      const others = await index.search(generation, { ...aQuery("tide"), excluded });

      expect(limited).toHaveLength(2);
      expect(documentsOf(others)).toEqual([anId("b"), anId("d")]);
    }));

  test.each<[string, Partial<Narrowing>, readonly string[]]>([
    ["nobody in particular", {}, ["public"]],
    ["a principal", { principals: ["ann"] }, ["public", "ann"]],
    ["several principals", { principals: ["ann", "bo"] }, ["public", "ann", "bo"]],
    ["a filter on a value", { filter: { kind: "guide" }, principals: ["ann"] }, ["ann"]],
    ["a filter on a list", { filter: { tags: "sea" } }, ["public"]],
    ["a filter on a range", { filter: { depth: { gte: 2, lt: 4 } }, principals: ["bo"] }, ["bo"]],
    ["a filter that excludes", { filter: { kind: { not: "note" } }, principals: ["bo"] }, ["bo"]],
    ["a filter on the source", { filter: { source: "files" } }, ["public"]],
    ["another source", { sources: [] }, []],
  ])("narrowing to %s keeps every document that is allowed", (_, narrowing, expected) =>
    withGeneration(open, dimension, async (index, generation) => {
      const one = (key: string, permissions: Permissions, metadata: Metadata) =>
        aCommit({
          generation,
          documentId: anId(key),
          policy: aPolicy({ permissions }),
          metadata,
        });
      await index.commit(
        generation,
        [
          one("public", { kind: "public" }, { kind: "note", tags: ["sea", "moon"], depth: 1 }),
          one("ann", only("ann"), { kind: "guide", depth: 4 }),
          one("bo", only("bo", "cy"), { kind: "page", depth: 2 }),
          one("unknown", { kind: "unknown" }, { kind: "guide", depth: 2, tags: ["sea"] }),
        ],
        [],
      );

      const found = await index.search(generation, aQuery("tide", narrowing));

      expect(documentsOf(found)).toEqual(expected.map((key) => anId(key)).sort());
    }),
  );

  test("narrowing to tenants keeps theirs and everyone's", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const one = (tenant: string) =>
        aCommit({ generation, documentId: anId(`of ${tenant}`), policy: aPolicy({ tenant }) });
      await index.commit(generation, [one("acme"), one("beta"), one(everyTenant)], []);

      const narrowed = (tenants: readonly string[] | null) =>
        index.search(generation, aQuery("tide", { tenants })).then(documentsOf);

      const ofEveryone = anId(`of ${everyTenant}`);
      expect(await narrowed(["acme", everyTenant])).toEqual([ofEveryone, anId("of acme")]);
      expect(await narrowed(null)).toHaveLength(3);
    }));

  test("narrowing to sources keeps theirs", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const ids = [anId("a", "files"), anId("a", "wiki")];
      const commits = ids.map((documentId) => aCommit({ generation, documentId }));
      await index.commit(generation, commits, []);

      const sources = ["wiki"] as unknown as NonNullable<Narrowing["sources"]>;
      const found = await index.search(generation, aQuery("tide", { sources }));

      expect(documentsOf(found)).toEqual([anId("a", "wiki")]);
    }));

  test("copies follow a changed policy and changed metadata, without points written anew", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const policy = aPolicy({ permissions: only("ann") });
      const texts = ["ebb", "flood"];
      await index.commit(generation, [aCommit({ generation, texts, policy })], []);

      const widened = aRestriction(await manifestOf(index, generation), {
        revision: 2,
        policy: aPolicy({ permissions: only("ann", "bo") }),
        metadata: { kind: "guide" },
      });
      await index.commit(generation, [widened], []);

      const narrowing = { principals: ["bo"], filter: { kind: "guide" } };
      expect(await index.search(generation, aQuery("ebb", narrowing))).toHaveLength(2);
    }));

  test("copies of points that were put ahead follow with the commit", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const policy = aPolicy({ permissions: only("ann") });
      const { put, ...commit } = aCommit({ generation, texts: ["ebb", "flood"], policy });
      await index.putPoints(generation, put);
      await index.commit(generation, [{ ...commit, put: [] }], []);

      expect(await index.search(generation, aQuery("ebb", { principals: ["ann"] }))).toHaveLength(
        2,
      );
      expect(await index.search(generation, aQuery("ebb"))).toEqual([]);
    }));

  test("a deleted document is no candidate", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const first = aCommit({ generation });
      await index.commit(generation, [first], []);
      const read = first.manifest.token;
      await index.commit(generation, [aDeletion({ generation, revision: 2, read })], []);

      expect(await index.search(generation, aQuery("tide"))).toEqual([]);
    }));

  test("rights to a tenth of a percent still find the nearest that are allowed", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const chance = seededChance(1);
      const share = 0.001;
      const commits = Array.from({ length: documents }, (_, at): DocumentCommit => {
        const words = Array.from({ length: 6 }, () => `w${Math.floor(chance() * 40)}`);
        const permissions = at % (1 / share) === 7 ? only("ann") : only("bo");
        return aCommit({
          generation,
          documentId: anId(`d${at}`),
          texts: [words.join(" ")],
          policy: aPolicy({ permissions }),
        });
      });
      await commitInBatches(index, generation, commits);

      const limit = Math.floor(documents * share);
      const query = { ...aQuery("w1 w2 w3", { principals: ["ann"] }), limit };
      const found = await index.search(generation, query);

      const allowed = commits
        .filter(({ manifest }) => manifest.seen.policy.permissions.kind === "only")
        .filter(({ manifest: { seen } }) => JSON.stringify(seen.policy).includes("ann"))
        .flatMap(({ put }) => put)
        .map((point) => cosine(point.vector, query.vector))
        .sort((a, b) => b - a);
      expect(found.map(({ score }) => score.toFixed(4))).toEqual(
        allowed.slice(0, limit).map((score) => score.toFixed(4)),
      );
      expect(found).toHaveLength(limit);
    }));

  test("a search within documents finds theirs, whatever their rank, so many of each", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const near = aCommit({ generation, documentId: anId("near"), texts: ["tide tide", "tide"] });
      const far = aCommit({ generation, documentId: anId("far"), texts: ["moon", "sun", "wind"] });
      await index.commit(generation, [near, far], []);

      const vector = wordVector("tide", { dimension });
      const found = await index.searchWithin(generation, vector, [anId("far"), anId("none")], 2);

      expect(found.map(({ documentId }) => documentId)).toEqual([anId("far"), anId("far")]);
      const scores = found.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    }));

  test("a search within a document finds what is restricted too: the caller decides", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const policy = aPolicy({ permissions: only("ann") });
      await index.commit(generation, [aCommit({ generation, policy })], []);

      const vector = wordVector("tide", { dimension });

      expect(await index.searchWithin(generation, vector, [anId()], 5)).toHaveLength(1);
    }));

  test("generations are never mixed", () =>
    withGeneration(open, dimension, (index, one) =>
      withGeneration(open, dimension, async (_, another) => {
        await index.ensureGeneration(another, dimension);
        await index.commit(one, [aCommit({ generation: one, texts: ["ebb"] })], []);

        expect(await index.search(another, aQuery("ebb"))).toEqual([]);
        expect(await index.manifests(another, [anId()])).toEqual([undefined]);
        expect(await index.pointsOf(another, anId())).toEqual([]);
        expect(await index.counts(another)).toEqual([]);
        const hashes = somePoints(["ebb"]).map((point) => point.textHash);
        expect(await index.vectorsByText(another, "*", hashes)).toEqual(new Map());
      }),
    ));

  test("a generation is made once, and is gone when dropped", () =>
    withGeneration(open, dimension, async (index) => {
      const generation = freshName("g") as Parameters<VectorIndex["commit"]>[0];
      await index.ensureGeneration(generation, 3);
      const vectorOf = () => Float32Array.of(1, 0, 0);
      const [point] = somePoints(["ebb"], { generation, vectorOf });
      await index.putPoints(generation, point ? [point] : []);
      await index.ensureGeneration(generation, 3);
      expect(await index.pointsOf(generation, anId())).toHaveLength(1);

      await index.dropGeneration(generation);
      await index.ensureGeneration(generation, 3);

      expect(await index.pointsOf(generation, anId())).toEqual([]);
      await index.dropGeneration(generation);
    }));
}

function aQuery(text: string, narrowing: Partial<Narrowing> = {}): CandidateQuery {
  return {
    vector: wordVector(text, { dimension }),
    limit: 10,
    narrowing: { tenants: null, principals: [], sources: null, filter: {}, ...narrowing },
    excluded: [],
  };
}

function documentsOf(candidates: readonly { readonly documentId: DocumentId }[]): DocumentId[] {
  return [...new Set(candidates.map(({ documentId }) => documentId))].sort();
}

async function commitInBatches(
  index: VectorIndex,
  generation: Parameters<VectorIndex["commit"]>[0],
  commits: readonly DocumentCommit[],
): Promise<void> {
  for (let at = 0; at < commits.length; at += commitsPerBatch) {
    await index.commit(generation, commits.slice(at, at + commitsPerBatch), []);
  }
}
