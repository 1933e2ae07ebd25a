/** Search against a comparison with every point, at any share of documents allowed. */
import {
  allows,
  meetsFilter,
  type Filter,
  type GenerationId,
  type Manifest,
  type Permissions,
  type Point,
} from "@tidemark/domain";
import type { Candidate, DocumentCommit } from "@tidemark/pipeline";
import {
  aManifest,
  anId,
  aToken,
  digestsOf,
  only,
  seededChance,
  somePoints,
} from "@tidemark/testing";
import { SqliteDatabase, SqliteVectorIndex } from "./index.ts";

const generation = "g1" as GenerationId;
const dimension = 24;
const documents = 2_000;
const textsPerDocument = 3;

interface Held {
  readonly manifest: Manifest;
  readonly points: readonly Point[];
}

class Corpus {
  readonly chance = seededChance(7);
  readonly held = new Map<string, Held>();

  vector(): Float32Array {
    return Float32Array.from({ length: dimension }, () => this.chance() - 0.5);
  }

  /** A revision of a document, allowed to groups of a tenth, one and fifty percent. */
  revise(at: number, position: number): DocumentCommit {
    const documentId = anId(`d${at}`, at % 5 === 0 ? "wiki" : "files");
    const before = this.held.get(documentId);
    const texts = Array.from(
      { length: textsPerDocument },
      (_, n) => `${at} ${n} ${n < 1 ? 0 : position}`,
    );
    const revision = { epoch: 1, position };
    const vectorOf = () => this.vector();
    const put = somePoints(texts, { generation, documentId, revision, vectorOf });
    const live = digestsOf(put);
    const policy = {
      tenant: at % 3 === 0 ? "acme" : "*",
      permissions: permissionsOf(at, position),
    };
    const manifest = aManifest({
      documentId,
      revision,
      token: aToken(),
      policy,
      metadata: { kind: at % 2 === 0 ? "guide" : "note", size: at },
      seen: { archived: at % 17 === 0, deleted: at % 19 === 0 },
      indexed: { live },
    });
    this.held.set(documentId, { manifest, points: put });
    return { manifest, tokenRead: before?.manifest.token ?? null, put, sweep: { revision, live } };
  }

  nearest(
    vector: Float32Array,
    principal: string,
    narrowed: { tenant: string | null; filter: Filter },
  ) {
    return [...this.held.values()]
      .filter(({ manifest: { seen, source } }) => {
        const asker = { tenant: narrowed.tenant, principals: [principal] };
        const metadata = { ...seen.metadata, source };
        return (
          !seen.deleted &&
          !seen.archived &&
          allows(seen.policy, asker) &&
          meetsFilter(metadata, narrowed.filter)
        );
      })
      .flatMap(({ points }) => points)
      .map((point) => ({ id: point.id, score: cosine(point.vector, vector) }))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  }
}

function permissionsOf(at: number, position: number): Permissions {
  const groups = [
    ...((at + position) % 1000 === 1 ? ["0.1 %"] : []),
    ...((at + position) % 100 === 1 ? ["1 %"] : []),
    ...((at + position) % 2 === 1 ? ["50 %"] : []),
  ];
  if (at % 101 === 100) return { kind: "unknown" };
  return only(...groups, `user ${at % 50}`);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

const idsOf = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id);

test("a search finds exactly the nearest that are allowed, also while documents change", async () => {
  await using database = await SqliteDatabase.open({ directory: null });
  const index = new SqliteVectorIndex({ database });
  await index.ensureGeneration(generation, dimension);
  const corpus = new Corpus();
  const numbers = Array.from({ length: documents }, (_, at) => at);
  let revised = numbers;

  for (let position = 1; position <= 4; position += 1) {
    await index.commit(
      generation,
      revised.map((at) => corpus.revise(at, position)),
      [],
    );
    for (const principal of ["0.1 %", "1 %", "50 %", "user 7", "nobody"]) {
      for (const filter of [{}, { kind: "guide" }, { source: "wiki", size: { lt: 900 } }]) {
        for (const tenant of [null, "acme"]) {
          const vector = corpus.vector();
          const tenants = tenant === null ? [] : [tenant];
          const limit = 1 + Math.floor(corpus.chance() * 20);
          const narrowing = { tenants, principals: [principal], sources: null, filter };

          const found = await index.search(generation, { vector, limit, narrowing, excluded: [] });

          const expected = corpus.nearest(vector, principal, { tenant, filter }).slice(0, limit);
          expect(idsOf(found)).toEqual(idsOf(expected));
          for (const [at, { score }] of expected.entries()) {
            expect(found[at]?.score).toBeCloseTo(score, 5);
          }
        }
      }
    }
    revised = numbers.filter(() => corpus.chance() < 0.1);
  }
});

test("rounds that exclude what was decided come to the end of what is allowed", async () => {
  await using database = await SqliteDatabase.open({ directory: null });
  const index = new SqliteVectorIndex({ database });
  await index.ensureGeneration(generation, dimension);
  const corpus = new Corpus();
  const commits = Array.from({ length: 200 }, (_, at) => corpus.revise(at, 1));
  await index.commit(generation, commits, []);
  const narrowing = { tenants: null, principals: ["50 %"], sources: null, filter: {} };
  const vector = corpus.vector();

  const excluded: Candidate["documentId"][] = [];
  for (;;) {
    const found = await index.search(generation, { vector, limit: 7, narrowing, excluded });
    if (found.length === 0) break;
    excluded.push(...new Set(found.map(({ documentId }) => documentId)));
  }

  const allowed = corpus.nearest(vector, "50 %", { tenant: "acme", filter: {} });
  expect(excluded).toHaveLength(allowed.length / textsPerDocument);
  expect(new Set(excluded).size).toBe(excluded.length);
});
