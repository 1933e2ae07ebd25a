/** What a memory index keeps: it outlives the processes that use it, as a server's disk does. */
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
} from "@tidemark/domain";
import type { Copies, PointRecord, Progress, StoredPoint } from "@tidemark/pipeline";

export class IndexStore {
  readonly generations = new Map<GenerationId, GenerationStore>();
  readonly #progress = new Map<string, Map<number, number>>();

  ensure(generation: GenerationId, dimension: number): void {
    const found = this.generations.get(generation);
    if (found && found.dimension !== dimension) {
      throw new Error(`generation ${generation} is ${found.dimension} wide, not ${dimension}`);
    }
    if (!found) this.generations.set(generation, new GenerationStore(dimension));
  }

  /** @throws Error when nobody made room for the generation */
  of(generation: GenerationId): GenerationStore {
    const found = this.generations.get(generation);
    if (!found) throw new Error(`generation ${generation} is not there`);
    return found;
  }

  progress(topic: string, group: string): ReadonlyMap<number, number> {
    return new Map(this.#progress.get(`${topic}\n${group}`));
  }

  raiseProgress(progress: readonly Progress[]): void {
    for (const { topic, group, partition, offset, from = 0 } of progress) {
      const name = `${topic}\n${group}`;
      const offsets = this.#progress.get(name) ?? new Map<number, number>();
      if ((offsets.get(partition) ?? 0) < from) continue;
      offsets.set(partition, Math.max(offset, offsets.get(partition) ?? 0));
      this.#progress.set(name, offsets);
    }
  }

  /** A copy that shares nothing: what a backup holds. */
  snapshot(): IndexStore {
    const copy = new IndexStore();
    for (const [id, generation] of this.generations) copy.generations.set(id, generation.copy());
    for (const [name, offsets] of this.#progress) copy.#progress.set(name, new Map(offsets));
    return copy;
  }

  /** Everything is replaced by what a backup holds. */
  restore(backup: IndexStore): void {
    const { generations } = this;
    generations.clear();
    for (const [id, generation] of backup.generations) generations.set(id, generation.copy());
    this.#progress.clear();
    for (const [name, offsets] of backup.#progress) this.#progress.set(name, new Map(offsets));
  }
}

type Spared = ReadonlySet<PointDigest>;

export class GenerationStore {
  readonly dimension: number;
  readonly manifests = new Map<DocumentId, Manifest>();
  /** Manifests that stand where nobody looks for one; for tests, damage. */
  readonly strays = new Set<Manifest>();
  readonly #points = new Map<PointId, PointRecord>();
  readonly #byDocument = new Map<DocumentId, Map<PointDigest, PointId>>();
  readonly #writes = new Map<DocumentId, number>();

  constructor(dimension: number) {
    this.dimension = dimension;
  }

  copy(): GenerationStore {
    const copy = new GenerationStore(this.dimension);
    for (const [id, manifest] of this.manifests) copy.manifests.set(id, manifest);
    for (const manifest of this.strays) copy.strays.add(manifest);
    for (const point of this.#points.values()) copy.#set(point);
    return copy;
  }

  allPoints(): Iterable<PointRecord> {
    return this.#points.values();
  }

  /** How often points of the document were written or removed: whoever watches compares it. */
  writesOf(documentId: DocumentId): number {
    return this.#writes.get(documentId) ?? 0;
  }

  point(id: PointId): PointRecord | undefined {
    return this.#points.get(id);
  }

  pointsOf(documentId: DocumentId): PointRecord[] {
    const ids = this.#byDocument.get(documentId)?.values() ?? [];
    return [...ids].flatMap((id) => this.#points.get(id) ?? []);
  }

  digestsOf(documentId: DocumentId): ReadonlySet<PointDigest> {
    return new Set(this.#byDocument.get(documentId)?.keys());
  }

  /**
   * Inserts, or replaces a point of no newer revision: with copies, one without newer copies;
   * without copies, one of an older revision.
   */
  put(point: PointRecord): void {
    if (point.vector.length !== this.dimension) {
      throw new Error(`a vector is ${point.vector.length} wide, not ${this.dimension}`);
    }
    const found = this.#points.get(point.id);
    if (!found || mayReplace(found, point)) this.#set(point);
  }

  /** Replaces the copies of a point where they reflect an older revision. */
  setCopies(id: PointId, copies: Copies, copiesRevision: Revision): void {
    const point = this.#points.get(id);
    const older = point && compareRevisions(point.copiesRevision, copiesRevision) < 0;
    if (older) this.#set({ ...point, copies, copiesRevision });
  }

  /** Deletes a point that is not spared and was last written before a revision. */
  deletePoint(id: PointId, which: { readonly below: Revision; readonly spare: Spared }): void {
    const point = this.#points.get(id);
    if (!point || which.spare.has(digestOf(id))) return;
    if (compareRevisions(point.revision, which.below) < 0) this.losePoint(id);
  }

  /** Deletes a point whatever it is; for tests, damage. */
  losePoint(id: PointId): void {
    const point = this.#points.get(id);
    if (!point) return;
    this.#points.delete(id);
    this.#writes.set(point.documentId, this.writesOf(point.documentId) + 1);
    this.#byDocument.get(point.documentId)?.delete(digestOf(id));
  }

  #set(point: PointRecord): void {
    this.#points.set(point.id, point);
    this.#writes.set(point.documentId, this.writesOf(point.documentId) + 1);
    const digests = this.#byDocument.get(point.documentId) ?? new Map<PointDigest, PointId>();
    digests.set(digestOf(point.id), point.id);
    this.#byDocument.set(point.documentId, digests);
  }
}

export function storedPoint(point: Point): StoredPoint {
  const { id, documentId, revision, text, heading, textHash, chunkHash, tenant, embeddedAtMs } =
    point;
  return { id, documentId, revision, text, heading, textHash, chunkHash, tenant, embeddedAtMs };
}

/** A point without what the index adds to it. */
export function plainPoint(record: PointRecord): Point {
  const { copies: _copies, copiesRevision: _revision, ...point } = record;
  return point;
}

function mayReplace(found: PointRecord, point: PointRecord): boolean {
  const order = compareRevisions(point.revision, found.revision);
  if (point.copies === null) return order > 0;
  return order >= 0 && compareRevisions(point.copiesRevision, found.copiesRevision) >= 0;
}
