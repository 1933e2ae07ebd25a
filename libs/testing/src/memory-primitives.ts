/** An index with the primitives alone: each call one step, each record by itself, silent. */
import {
  compareRevisions,
  digestOf,
  type DocumentId,
  type GenerationId,
  type Manifest,
  type Point,
  type PointDigest,
  type PointId,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import type {
  Candidate,
  CandidateQuery,
  DocumentCopies,
  Copies,
  IndexPrimitives,
  KeptManifest,
  KeptPage,
  KeptPoint,
  KeptPointPage,
  ManifestPage,
  ManifestRange,
  ManifestUpdate,
  PointRecord,
  PointSweep,
  Progress,
} from "@tidemark/pipeline";
import { copiesOf } from "@tidemark/pipeline";
import { openGate, type Gate } from "./gate.ts";
import { IndexStore, plainPoint, storedPoint, type GenerationStore } from "./index-store.ts";
import { nearest, nearestWithin } from "./nearest.ts";

export class MemoryPrimitives implements IndexPrimitives {
  readonly #store: IndexStore;
  readonly #gate: Gate;

  /**
   * @param store shared by all processes
   * @param gate passed once by a read, and by a write once for every record it touches: a crash may
   *   fall between two records of one call
   */
  constructor(store = new IndexStore(), gate: Gate = openGate) {
    this.#store = store;
    this.#gate = gate;
  }

  ensureGeneration(generation: GenerationId, dimension: number): Promise<void> {
    return this.#step("ensureGeneration", () => this.#store.ensure(generation, dimension));
  }

  dropGeneration(generation: GenerationId): Promise<void> {
    return this.#step("dropGeneration", () => {
      this.#store.generations.delete(generation);
    });
  }

  readManifests(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly (Manifest | undefined)[]> {
    return this.#step("readManifests", () => {
      const { manifests } = this.#store.of(generation);
      return ids.map((id) => manifests.get(id));
    });
  }

  insertManifests(generation: GenerationId, manifests: readonly Manifest[]): Promise<void> {
    return this.#each("insertManifest", generation, manifests, (store, manifest) => {
      const { documentId } = manifest;
      if (!store.manifests.has(documentId)) store.manifests.set(documentId, manifest);
    });
  }

  updateManifests(generation: GenerationId, updates: readonly ManifestUpdate[]): Promise<void> {
    return this.#each("updateManifest", generation, updates, (store, { manifest, tokenRead }) => {
      const { documentId } = manifest;
      const found = store.manifests.get(documentId);
      if (found?.token === tokenRead) store.manifests.set(documentId, manifest);
    });
  }

  scrollManifests(generation: GenerationId, range: ManifestRange): Promise<ManifestPage> {
    return this.#step("scrollManifests", () => {
      const from = Number(range.from ?? 0);
      const all = [...this.#store.of(generation).manifests.values()].filter(
        ({ source }) => range.source === null || source === range.source,
      );
      const end = from + range.limit;
      const next = end < all.length ? String(end) : null;
      return { manifests: all.slice(from, end), next };
    });
  }

  async scrollKept(generation: GenerationId, range: ManifestRange): Promise<KeptPage> {
    const { manifests, next } = await this.scrollManifests(generation, range);
    const kept = manifests.map(keptAlike);
    if (range.from !== null) return { kept, next };
    const strays = [...this.#store.of(generation).strays].filter(
      ({ source }) => range.source === null || source === range.source,
    );
    const unlike = strays.map((manifest) => ({ manifest, isKeptAlike: false }));
    return { kept: [...unlike, ...kept], next };
  }

  strayManifests(generation: GenerationId, ids: readonly DocumentId[]) {
    return this.#step("strayManifests", () => {
      const strays = [...this.#store.of(generation).strays];
      return ids.map((id) => strays.filter(({ documentId }) => documentId === id).length);
    });
  }

  deleteStrayManifests(generation: GenerationId, ids: readonly DocumentId[]): Promise<void> {
    const strays = [...this.#store.of(generation).strays].filter(({ documentId }) =>
      ids.includes(documentId),
    );
    return this.#each("deleteStrayManifest", generation, strays, (store, stray) => {
      store.strays.delete(stray);
    });
  }

  async readKept(generation: GenerationId, ids: readonly DocumentId[]) {
    const manifests = await this.readManifests(generation, ids);
    return manifests.map((manifest) => manifest && keptAlike(manifest));
  }

  scrollPoints(generation: GenerationId, range: ManifestRange): Promise<KeptPointPage> {
    return this.#step("scrollPoints", () => {
      const from = Number(range.from ?? 0);
      const all = [...this.#store.of(generation).allPoints()].filter(
        ({ source }) => range.source === null || source === range.source,
      );
      const end = from + range.limit;
      const next = end < all.length ? String(end) : null;
      return { points: all.slice(from, end).map(keptPoint), next };
    });
  }

  countEmbedded(
    generation: GenerationId,
    source: SourceName,
    { fromMs, toMs }: { readonly fromMs: number | null; readonly toMs: number | null },
  ): Promise<number> {
    return this.#step("countEmbedded", () => {
      const ofSource = [...this.#store.of(generation).allPoints()].filter(
        (point) => point.source === source,
      );
      return ofSource.filter(
        ({ embeddedAtMs: at }) => (fromMs === null || at >= fromMs) && (toMs === null || at < toMs),
      ).length;
    });
  }

  pointsWithin(generation: GenerationId, ids: readonly DocumentId[]) {
    return this.#step("pointsWithin", () => {
      const store = this.#store.of(generation);
      return ids.flatMap((id) => store.pointsOf(id)).map(keptPoint);
    });
  }

  narrowsOf(manifest: Manifest): string {
    return narrowsOf(copiesOf(manifest));
  }

  putPoints(generation: GenerationId, points: readonly PointRecord[]): Promise<void> {
    return this.#each("putPoint", generation, points, (store, point) => store.put(point));
  }

  copiesBehind(
    generation: GenerationId,
    documents: readonly { readonly documentId: DocumentId; readonly revision: Revision }[],
  ): Promise<ReadonlySet<DocumentId>> {
    return this.#step("copiesBehind", () => {
      const store = this.#store.of(generation);
      const behind = documents.filter(({ documentId, revision }) =>
        store
          .pointsOf(documentId)
          .some(({ copiesRevision }) => compareRevisions(copiesRevision, revision) < 0),
      );
      return new Set(behind.map(({ documentId }) => documentId));
    });
  }

  setCopies(generation: GenerationId, documents: readonly DocumentCopies[]): Promise<void> {
    const store = this.#store.of(generation);
    const points = documents.flatMap(({ documentId, copies, revision }) =>
      store.pointsOf(documentId).map(({ id }) => ({ id, copies, revision })),
    );
    return this.#each("setCopies", generation, points, (of, { id, copies, revision }) =>
      of.setCopies(id, copies, revision),
    );
  }

  deletePoints(generation: GenerationId, sweeps: readonly PointSweep[]): Promise<void> {
    const store = this.#store.of(generation);
    const doomed = sweeps.flatMap(({ documentId, below, spare }) => {
      const which = { below, spare: new Set(spare) };
      const points = store.pointsOf(documentId).filter(({ id }) => !which.spare.has(digestOf(id)));
      return points.map(({ id }) => ({ id, which }));
    });
    return this.#each("deletePoint", generation, doomed, (of, { id, which }) =>
      of.deletePoint(id, which),
    );
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

  vectorsByText(
    generation: GenerationId,
    tenant: string,
    textHashes: readonly string[],
  ): Promise<ReadonlyMap<string, Float32Array>> {
    return this.#step("vectorsByText", () =>
      vectorsByText(this.#store.of(generation), tenant, textHashes),
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

  searchPoints(generation: GenerationId, query: CandidateQuery): Promise<readonly Candidate[]> {
    return this.#step("searchPoints", () => nearest(this.#store.of(generation), query));
  }

  searchWithin(
    generation: GenerationId,
    vector: Float32Array,
    documents: readonly DocumentId[],
    limitPerDocument: number,
  ): Promise<readonly Candidate[]> {
    return this.#step("searchWithin", () =>
      nearestWithin(this.#store.of(generation), vector, documents, limitPerDocument),
    );
  }

  readProgress(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    return this.#step("readProgress", () => this.#store.progress(topic, group));
  }

  async raiseProgress(progress: readonly Progress[]): Promise<void> {
    for (const record of progress) {
      await this.#step("raiseProgress", () => this.#store.raiseProgress([record]));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #step<T>(name: string, effect: () => T): Promise<T> {
    await this.#gate(name);
    return effect();
  }

  async #each<T>(
    name: string,
    generation: GenerationId,
    records: readonly T[],
    write: (store: GenerationStore, record: T) => void,
  ): Promise<void> {
    for (const record of records) {
      await this.#step(name, () => write(this.#store.of(generation), record));
    }
  }
}

function keptAlike(manifest: Manifest): KeptManifest {
  return { manifest, isKeptAlike: true };
}

function keptPoint({ copies, documentId, id, revision }: PointRecord): KeptPoint {
  return { documentId, id, revision, narrows: copies && narrowsOf(copies) };
}

function narrowsOf({ metadata, policy }: Copies): string {
  const fields = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([policy, fields]);
}

export function vectorsByText(
  store: GenerationStore,
  tenant: string,
  textHashes: readonly string[],
): ReadonlyMap<string, Float32Array> {
  const wanted = new Set(textHashes);
  const found = new Map<string, Float32Array>();
  for (const point of store.allPoints()) {
    if (point.tenant === tenant && wanted.has(point.textHash)) {
      found.set(point.textHash, point.vector);
    }
  }
  return found;
}
