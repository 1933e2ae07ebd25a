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
  type SourceName,
} from "@tidemark/domain";
import type { Candidate, Narrowing, VectorIndex } from "../ports/vector-index.ts";
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
}

interface Decided {
  readonly manifest: Manifest;
  /** Best first. */
  readonly listed: readonly Candidate[];
}

/** Chunks fetched for each wanted result in the first round: several chunks of one document rank together. */
const oversampling = 3;
const roundsMax = 12;
const candidatesMax = 4_000;
const secondLookMax = 64;

export class Candidates {
  readonly #index: VectorIndex;
  readonly #request: CandidateRequest;
  readonly #decided = new Map<DocumentId, Decided | null>();
  #incompleteReason: string | null = null;

  constructor(index: VectorIndex, request: CandidateRequest) {
    this.#index = index;
    this.#request = request;
  }

  get incompleteReason(): string | null {
    return this.#incompleteReason;
  }

  /** Readable documents with their listed candidates. */
  *readable(): Generator<Decided> {
    for (const decided of this.#decided.values()) {
      if (decided && decided.listed.length > 0) yield decided;
    }
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
    const manifests = await this.#manifests(ids);
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

function listedOf(manifest: Manifest, candidates: readonly Candidate[]): Candidate[] {
  const live = new Set(manifest.indexed?.live);
  return candidates.filter(({ digest }) => live.has(digest)).sort((a, b) => b.score - a.score);
}
