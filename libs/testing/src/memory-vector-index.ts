/** An index with transactions: a document, its points and the progress are one step. */
import {
  zeroRevision,
  type DocumentId,
  type GenerationId,
  type Manifest,
  type Point,
  type PointDigest,
  type PointId,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import {
  copiesOf,
  countStretches,
  firstManifests,
  indexedDocumentsOf,
  listedManifest,
  ManifestCounter,
  manifestLeavesOf,
  pointLeavesOf,
  type AuditedIndex,
  type AuditPage,
  type CandidateQuery,
  type CommitOutcome,
  type DocumentCommit,
  type EmbeddingTimes,
  type IndexedDocument,
  type LeafPage,
  type ManifestLeaf,
  type PointLeaf,
  type Progress,
  type VectorIndex,
} from "@tidemark/pipeline";
import { openGate, type Gate } from "./gate.ts";
import { IndexStore, plainPoint, storedPoint, type GenerationStore } from "./index-store.ts";
import { MemoryPrimitives, vectorsByText } from "./memory-primitives.ts";
import { nearest, nearestWithin } from "./nearest.ts";

export class MemoryVectorIndex implements VectorIndex, AuditedIndex, EmbeddingTimes {
  readonly #store: IndexStore;
  readonly #gate: Gate;
  /** What is stored, as an audit reads it. */
  readonly #kept: MemoryPrimitives;

  /** @param store shared by all processes */
  constructor(store = new IndexStore(), gate: Gate = openGate) {
    this.#store = store;
    this.#gate = gate;
    this.#kept = new MemoryPrimitives(store);
  }

  ensureGeneration(generation: GenerationId, dimension: number): Promise<void> {
    return this.#step("ensureGeneration", () => this.#store.ensure(generation, dimension));
  }

  dropGeneration(generation: GenerationId): Promise<void> {
    return this.#step("dropGeneration", () => {
      this.#store.generations.delete(generation);
    });
  }

  manifests(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly (Manifest | undefined)[]> {
    return this.#step("manifests", () => {
      const { manifests } = this.#store.of(generation);
      return ids.map((id) => manifests.get(id));
    });
  }

  commit(
    generation: GenerationId,
    commits: readonly DocumentCommit[],
    progress: readonly Progress[],
  ): Promise<readonly CommitOutcome[]> {
    return this.#step("commit", () => {
      const store = this.#store.of(generation);
      const outcomes = commits.map((commit) => applyCommit(store, commit));
      if (!outcomes.includes("lost")) this.#store.raiseProgress(progress);
      return outcomes;
    });
  }

  putPoints(generation: GenerationId, points: readonly Point[]): Promise<void> {
    return this.#step("putPoints", () => {
      const store = this.#store.of(generation);
      for (const point of points) putPoint(store, point, store.manifests.get(point.documentId));
    });
  }

  sweep(
    generation: GenerationId,
    documentId: DocumentId,
    sweep: { readonly revision: Revision; readonly live: readonly PointDigest[] },
  ): Promise<void> {
    return this.#step("sweep", () => sweepPoints(this.#store.of(generation), documentId, sweep));
  }

  existing(
    generation: GenerationId,
    documentId: DocumentId,
    digests: readonly PointDigest[],
  ): Promise<ReadonlySet<PointDigest>> {
    return this.#step("existing", () => {
      const stored = this.#store.of(generation).digestsOf(documentId);
      return new Set(digests.filter((digest) => stored.has(digest)));
    });
  }

  vectorsByText(generation: GenerationId, tenant: string, textHashes: readonly string[]) {
    return this.#step("vectorsByText", () =>
      vectorsByText(this.#store.of(generation), tenant, textHashes),
    );
  }

  search(generation: GenerationId, query: CandidateQuery) {
    return this.#step("search", () => nearest(this.#store.of(generation), query));
  }

  searchWithin(
    generation: GenerationId,
    vector: Float32Array,
    documents: readonly DocumentId[],
    limitPerDocument: number,
  ) {
    return this.#step("searchWithin", () =>
      nearestWithin(this.#store.of(generation), vector, documents, limitPerDocument),
    );
  }

  points(generation: GenerationId, ids: readonly PointId[]) {
    return this.#step("points", () => {
      const store = this.#store.of(generation);
      return ids.map((id) => store.point(id)).map((point) => point && storedPoint(point));
    });
  }

  pointsOf(generation: GenerationId, documentId: DocumentId): Promise<readonly Point[]> {
    return this.#step("pointsOf", () =>
      this.#store.of(generation).pointsOf(documentId).map(plainPoint),
    );
  }

  listManifests(
    generation: GenerationId,
    source: SourceName,
    range: { readonly after: DocumentId | null; readonly limit: number },
  ) {
    return this.#step("listManifests", () => {
      const all = [...this.#store.of(generation).manifests.values()];
      const ofSource = all.filter((manifest) => manifest.source === source);
      return firstManifests(ofSource, range).map(listedManifest);
    });
  }

  manifestLeaves(
    generation: GenerationId,
    page: AuditPage & { readonly fingerprint: string },
  ): Promise<LeafPage<ManifestLeaf>> {
    return this.#step("manifestLeaves", () => manifestLeavesOf(this.#kept, generation, page));
  }

  pointLeaves(generation: GenerationId, page: AuditPage): Promise<LeafPage<PointLeaf>> {
    return this.#step("pointLeaves", () => pointLeavesOf(this.#kept, generation, page));
  }

  indexedDocuments(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly IndexedDocument[]> {
    return this.#step("indexedDocuments", () => indexedDocumentsOf(this.#kept, generation, ids));
  }

  counts(generation: GenerationId) {
    return this.#step("counts", () => {
      const counter = new ManifestCounter();
      for (const manifest of this.#store.of(generation).manifests.values()) counter.add(manifest);
      return counter.bySource();
    });
  }

  embeddedBetween(generation: GenerationId, source: SourceName, timesMs: readonly number[]) {
    return this.#step("embeddedBetween", () =>
      countStretches(timesMs, (fromMs, toMs) =>
        this.#kept.countEmbedded(generation, source, { fromMs, toMs }),
      ),
    );
  }

  progress(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    return this.#step("progress", () => this.#store.progress(topic, group));
  }

  writeProgress(progress: readonly Progress[]): Promise<void> {
    return this.#step("writeProgress", () => this.#store.raiseProgress(progress));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #step<T>(name: string, effect: () => T | Promise<T>): Promise<T> {
    await this.#gate(name);
    return effect();
  }
}

function applyCommit(
  store: GenerationStore,
  { manifest, tokenRead, put, sweep }: DocumentCommit,
): CommitOutcome {
  const { documentId, seen } = manifest;
  const found = store.manifests.get(documentId);
  if (found?.token === manifest.token) return "won";
  if ((found?.token ?? null) !== tokenRead) return "lost";
  const written: Manifest = { ...manifest, copied: seen.revision };
  for (const point of put) putPoint(store, point, written);
  for (const { id } of store.pointsOf(documentId)) {
    store.setCopies(id, copiesOf(manifest), seen.revision);
  }
  store.manifests.set(documentId, written);
  if (sweep) sweepPoints(store, documentId, sweep);
  return "won";
}

/** The copies follow in the transaction that lists the point; until then it is nobody's hit. */
function putPoint(store: GenerationStore, point: Point, manifest: Manifest | undefined): void {
  store.put({
    ...point,
    copies: manifest ? copiesOf(manifest) : null,
    copiesRevision: manifest ? manifest.seen.revision : zeroRevision,
  });
}

function sweepPoints(
  store: GenerationStore,
  documentId: DocumentId,
  sweep: { readonly revision: Revision; readonly live: readonly PointDigest[] },
): void {
  const spare = new Set(sweep.live);
  for (const { id } of store.pointsOf(documentId)) {
    store.deletePoint(id, { below: sweep.revision, spare });
  }
}
