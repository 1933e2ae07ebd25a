/**
 * Collects candidates in rounds until enough documents are allowed, none are left or a bound is
 * hit. A readable document none of whose candidates is listed, because its manifest is newer or
 * uncommitted points crowded the listed ones out, is looked up once more by its id.
 */
import {
  everyTenant,
  type Asker,
  type DocumentId,
  type Filter,
  type Generation,
  type Manifest,
  type PointId,
  type SourceName,
} from "@tidemark/domain";
import type { Candidate, Narrowing, StoredPoint, VectorIndex } from "../ports/vector-index.ts";
import { mayRead, passesFilter } from "./readable.ts";

export interface CandidateRequest {
  readonly generation: Generation;
  readonly vector: Float32Array;
  readonly limit: number;
  readonly asker: Asker;
  /** Null where no source declares tenants. */
  readonly tenants: readonly string[] | null;
  readonly sources: readonly SourceName[] | null;
  readonly filter: Filter;
  readonly per: "document" | "chunk";
  /** Compares with every point, where an index would otherwise be content with nearly the nearest. */
  readonly exact?: boolean;
}

interface Decided {
  readonly manifest: Manifest;
  /** Best first. */
  readonly listed: readonly Candidate[];
}

/** Chunks fetched for each wanted result in the first round: several chunks of one document rank together. */
const oversampling = 3;
const roundsMax = 12;
export const candidatesMax = 4_000;
const secondLookMax = 64;

export class Candidates {
  readonly #index: VectorIndex;
  readonly #request: CandidateRequest;
  readonly #decided = new Map<DocumentId, Decided | null>();
  readonly #stored = new Map<PointId, StoredPoint>();
  #incompleteReason: string | null = null;

  constructor(index: VectorIndex, request: CandidateRequest) {
    this.#index = index;
    this.#request = request;
  }

  get incompleteReason(): string | null {
    return this.#incompleteReason;
  }

  /** The points of these candidates; undefined for one that was swept meanwhile. */
  async points(ids: readonly PointId[]): Promise<readonly (StoredPoint | undefined)[]> {
    const missing = ids.filter((id) => !this.#stored.has(id));
    if (missing.length > 0) await this.#read(missing);
    return ids.map((id) => this.#stored.get(id));
  }

  /** Readable documents with their listed candidates. */
  *readable(): Generator<Decided> {
    for (const decided of this.#decided.values()) {
      if (decided && decided.listed.length > 0) yield decided;
    }
  }

  /** Documents that were decided, whether or not they may be read. */
  get decidedCount(): number {
    return this.#decided.size;
  }

  async collect(): Promise<void> {
    const { per, limit } = this.#request;
    let wanted = limit * oversampling;
    for (let round = 0; round < roundsMax; round += 1) {
      // Chunks of a document that was decided are needed again when chunks are what is counted.
      const excluded = [...this.#decided]
        .filter(([, decided]) => per === "document" || decided === null)
        .map(([id]) => id);
      const found = await this.#index.search(this.#request.generation.id, {
        vector: this.#request.vector,
        limit: Math.min(wanted, candidatesMax),
        narrowing: this.#narrowing(),
        excluded,
        ...(this.#request.exact ? { exact: true } : {}),
      });
      await this.#decide(found);
      if (found.length < Math.min(wanted, candidatesMax) || this.#enough()) return;
      if (per === "chunk") {
        if (wanted >= candidatesMax) break;
        wanted *= 4;
      }
    }
    this.#incompleteReason = "too many candidates were refused";
  }

  #enough(): boolean {
    let count = 0;
    for (const { listed } of this.readable()) {
      count += this.#request.per === "document" ? 1 : listed.length;
    }
    return count >= this.#request.limit;
  }

  #narrowing(): Narrowing {
    const { asker, tenants, sources, filter } = this.#request;
    return {
      tenants: tenants ? [...tenants, everyTenant] : null,
      principals: asker.principals,
      sources,
      filter,
    };
  }

  async #decide(found: readonly Candidate[]): Promise<void> {
    const byDocument = new Map<DocumentId, Candidate[]>();
    for (const candidate of found) {
      const candidates = byDocument.get(candidate.documentId) ?? [];
      candidates.push(candidate);
      byDocument.set(candidate.documentId, candidates);
    }
    const ids = [...byDocument.keys()];
    // Nearly always these are the hits, so that their texts need not be waited for afterwards.
    const [manifests] = await Promise.all([this.#manifests(ids), this.#read(this.#likely(found))]);
    const unlisted: DocumentId[] = [];
    for (const id of ids) {
      const manifest = manifests.get(id);
      if (!manifest || !this.#mayShow(manifest)) {
        this.#decided.set(id, null);
        continue;
      }
      const listed = listedOf(manifest, byDocument.get(id) ?? []);
      this.#decided.set(id, { manifest, listed });
      if (listed.length === 0) unlisted.push(id);
    }
    await this.#lookAgain(unlisted);
  }

  /** At most once for each request and document: who changes faster than that is named. */
  async #lookAgain(ids: readonly DocumentId[]): Promise<void> {
    if (ids.length === 0) return;
    const looked = ids.slice(0, secondLookMax);
    if (looked.length < ids.length) this.#incompleteReason = "too many documents changed at once";
    const found = await this.#index.searchWithin(
      this.#request.generation.id,
      this.#request.vector,
      looked,
      this.#request.per === "document" ? secondLookMax : candidatesMax,
    );
    const manifests = await this.#manifests(looked);
    for (const id of looked) {
      const manifest = manifests.get(id);
      if (!manifest || !this.#mayShow(manifest)) {
        this.#decided.set(id, null);
        continue;
      }
      const listed = listedOf(
        manifest,
        found.filter((candidate) => candidate.documentId === id),
      );
      this.#decided.set(id, { manifest, listed });
      if (listed.length === 0) this.#incompleteReason = "a document changed while it was read";
    }
  }

  /** What the hits are where every candidate is listed and allowed. */
  #likely(found: readonly Candidate[]): PointId[] {
    const { limit, per } = this.#request;
    const seen = new Set<DocumentId>();
    const likely = found.filter(({ documentId }) => {
      if (per === "document" && seen.has(documentId)) return false;
      seen.add(documentId);
      return true;
    });
    return likely.slice(0, limit).map(({ id }) => id);
  }

  /** A point is its content, so it does not matter when it is read. */
  async #read(ids: readonly PointId[]): Promise<void> {
    if (ids.length === 0) return;
    const points = await this.#index.points(this.#request.generation.id, ids);
    for (const point of points) if (point) this.#stored.set(point.id, point);
  }

  #mayShow(manifest: Manifest): boolean {
    return mayRead(manifest, this.#request.asker) && passesFilter(manifest, this.#request);
  }

  async #manifests(ids: readonly DocumentId[]): Promise<Map<DocumentId, Manifest>> {
    if (ids.length === 0) return new Map();
    const found = await this.#index.manifests(this.#request.generation.id, ids);
    return new Map(
      found.flatMap((manifest) => (manifest ? [[manifest.documentId, manifest]] : [])),
    );
  }
}

/** Those that the manifest lists, best first. */
export function listedOf(manifest: Manifest, candidates: readonly Candidate[]): Candidate[] {
  const live = new Set(manifest.indexed?.live);
  return candidates.filter(({ digest }) => live.has(digest)).sort((a, b) => b.score - a.score);
}
