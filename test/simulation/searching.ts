/** Searches that go on while everything else does, each checked against all that happened meanwhile. */
import { searchIndex, type FoundHits, type SearchHit } from "@tidemark/pipeline";
import { between, cosine, pick, wordVector } from "@tidemark/testing";
import { mayFind, probers, type Promises } from "./promises.ts";
import type { SimulatedGeneration } from "./simulated-generation.ts";
import { forbid } from "./violation.ts";
import type { World } from "./world.ts";

interface Search {
  readonly generation: SimulatedGeneration;
  readonly prober: number;
  readonly limit: number;
  readonly per: "document" | "chunk";
  readonly began: number;
  readonly query: string;
}

const plenty = 100;
const queries = ["ebb flood", "slack neap spring", "ebb ebb slack"];
const preferCurrent = 0.5;

export class Searching {
  readonly #world: World;
  readonly #promises: Promises;
  #running = 0;
  /** Searches answered, and those that could not be answered whole. */
  readonly counts = { answered: 0, incomplete: 0 };

  constructor(world: World, promises: Promises) {
    this.#world = world;
    this.#promises = promises;
  }

  get running(): number {
    return this.#running;
  }

  /** A query by someone, of the active generation and by its encoder. */
  begin(): void {
    const { chance, active, step } = this.#world;
    const search: Search = {
      generation: active,
      prober: between(chance, 0, probers.length - 1),
      limit: chance() < 0.7 ? plenty : between(chance, 1, 2),
      per: chance() < 0.7 ? "document" : "chunk",
      began: step,
      query: pick(chance, queries),
    };
    this.#running += 1;
    this.#world.act(
      async () => this.#check(search, await this.#ask(search)),
      () => {
        this.#running -= 1;
      },
    );
  }

  async #ask({ generation, prober, limit, per, query }: Search): Promise<FoundHits> {
    const process = this.#world.newProcess("search", { faults: false });
    const { index } = this.#world.portsOf(process);
    const embedder = generation.embedder(process.gate);
    const request = { texts: [query], purpose: "query", lane: "query" } as const;
    const { vectors } = await embedder.embed(request);
    const asker = probers[prober] ?? { tenant: null, principals: [], number: null };
    return searchIndex(index, {
      generation: generation.generation,
      vector: vectors[0] ?? new Float32Array(),
      limit,
      per,
      asker: { tenant: asker.tenant, principals: asker.principals },
      tenants: asker.tenant === null ? [] : [asker.tenant],
      sources: null,
      filter: asker.number === null ? {} : { number: asker.number },
      preferCurrent,
    });
  }

  #check(search: Search, { hits, complete }: FoundHits): void {
    this.counts.answered += 1;
    const { generation, limit, per, prober, began } = search;
    const store = this.#world.index.generations.get(generation.id);
    if (!store) return;
    for (const hit of hits) this.#checkHit(search, hit);
    const byDocument = Map.groupBy(hits, ({ documentId }) => documentId);
    for (const [id, own] of byDocument) {
      const revisions = new Set(own.map(({ revision }) => JSON.stringify(revision)));
      forbid(revisions.size > 1, `${id}: two revisions in one answer`);
      forbid(per === "document" && own.length > 1, `${id}: twice in one answer`);
    }
    forbid(hits.length > limit, "more hits than were asked for");
    if (!complete) {
      this.counts.incomplete += 1;
      return;
    }
    const throughout = this.#promises.visibleSince(generation, prober, began);
    const missing = throughout.find((id) => !byDocument.has(id));
    if (limit === plenty) forbid(missing !== undefined, `${missing}: live throughout, not found`);
    forbid(
      hits.length < Math.min(limit, throughout.length),
      `${hits.length} hits of ${limit} though ${throughout.length} documents were live throughout`,
    );
  }

  /** It was listed, readable and of that revision at some time during the search. */
  #checkHit({ generation, prober, began, query }: Search, hit: SearchHit): void {
    const who = probers[prober];
    const digest = hit.chunkId.replaceAll("-", "").slice(0, 16);
    const shown = this.#promises
      .versionsIn(generation, hit.documentId, began)
      .some(
        ({ manifest }) =>
          who !== undefined &&
          mayFind(manifest, who) &&
          JSON.stringify(manifest.indexed?.revision) === JSON.stringify(hit.revision) &&
          manifest.indexed?.live.some((listed) => listed === digest),
      );
    forbid(!shown, `${hit.documentId}: a hit that ${who?.name} was at no time to find`);
    const { fingerprint, recipe } = generation.generation;
    forbid(hit.fingerprint !== fingerprint, `${hit.documentId}: a hit of another fingerprint`);
    const expected = wordVector(hit.text, recipe.space);
    const score = cosine(wordVector(query, recipe.space), expected);
    const scores = hit.stale ? score * (1 - preferCurrent) : score;
    forbid(Math.abs(hit.score - scores) > 1e-6, `${hit.documentId}: a score of another space`);
    const [point] = [
      ...(this.#world.index.of(generation.id).pointsOf(hit.documentId) ?? []),
    ].filter(({ id }) => id === hit.chunkId);
    const isOurs = !point || point.vector.every((value, at) => value === expected[at]);
    forbid(!isOurs, `${hit.documentId}: a vector of another space`);
  }
}
