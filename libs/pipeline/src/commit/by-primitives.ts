/**
 * The commit protocol over an index that has no transactions. What carries it:
 *
 * - points are written before the manifest that lists them, and swept after;
 * - a manifest is created by insert-only and then written whole on the condition of its token; the
 *   index does not say who won, so it is read back;
 * - a point's revision only rises, and a sweep spares what its own or a later revision wrote;
 * - copies of policy and metadata follow the manifest, each point's own only upwards, and when all
 *   are written `copied` says so. `copied` below `seen` is work that any process may finish;
 * - who lost sweeps by the manifest it then reads, since nobody else may come by again.
 *
 * Every step may be done twice, and a crash between any two leaves what the same commit, coming
 * again, completes.
 */
import {
  type DocumentId,
  type Generation,
  type GenerationId,
  type Manifest,
  type Point,
  type PointDigest,
  type PointId,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import type {
  AuditedIndex,
  AuditPage,
  IndexedDocument,
  LeafPage,
  ManifestLeaf,
  PointLeaf,
} from "../ports/audited-index.ts";
import type { EmbeddingTimes } from "../ports/embedding-times.ts";
import type {
  CandidateQuery,
  CommitOutcome,
  DocumentCommit,
  ListedManifest,
  Progress,
  VectorIndex,
} from "../ports/vector-index.ts";
import { indexedDocumentsOf, manifestLeavesOf, pointLeavesOf } from "./audit-primitives.ts";
import { copiesOf } from "./copies.ts";
import { ManifestCounter } from "./count-manifests.ts";
import { countStretches } from "./embedded-between.ts";
import { sweepOf, unfinishedOf } from "./finish-commits.ts";
import { listedManifest } from "./list-manifests.ts";
import { ListingSpools } from "./listing-spool.ts";
import { isSettled, manifestToWrite, recordOf } from "./point-records.ts";
import type {
  IndexPrimitives,
  ListedPage,
  ManifestPage,
  ManifestRange,
  ManifestUpdate,
  PointRecord,
} from "./primitives.ts";

const scrollPageMax = 1_000;
const listedPageMax = 5_000;

export class PrimitiveIndex implements VectorIndex, AuditedIndex, EmbeddingTimes {
  readonly #primitives: IndexPrimitives;
  readonly #listings = new ListingSpools((generation, source) =>
    this.#scrollListed(generation, source),
  );

  constructor(primitives: IndexPrimitives) {
    this.#primitives = primitives;
  }

  ensureGeneration(generation: GenerationId, dimension: number): Promise<void> {
    return this.#primitives.ensureGeneration(generation, dimension);
  }

  dropGeneration(generation: GenerationId): Promise<void> {
    this.#listings.clear(generation);
    return this.#primitives.dropGeneration(generation);
  }

  /**
   * Finishes the copies of the documents that a crash left between manifest and copies: whoever
   * handles the same event again reads the manifest first, finds it passed, and would go on.
   */
  async manifests(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly (Manifest | undefined)[]> {
    const manifests = await this.#primitives.readManifests(generation, ids);
    const unsettled = manifests.filter((manifest) => manifest && !isSettled(manifest));
    const copied = await this.#copy(
      generation,
      unsettled.filter((manifest) => manifest !== undefined),
    );
    const byId = new Map(copied.map((manifest) => [manifest.documentId, manifest]));
    return manifests.map((manifest) => manifest && (byId.get(manifest.documentId) ?? manifest));
  }

  async commit(
    generation: GenerationId,
    commits: readonly DocumentCommit[],
    progress: readonly Progress[],
  ): Promise<readonly CommitOutcome[]> {
    const records = commits.flatMap(({ put, manifest }) =>
      put.map((point) => recordOf(point, manifest)),
    );
    await this.#put(generation, records);
    const behind = await this.#behind(generation, commits);
    const written = commits.map(({ manifest }) =>
      manifestToWrite(manifest, behind.has(manifest.documentId)),
    );
    await this.#writeManifests(generation, commits, written);
    const read = await this.#primitives.readManifests(
      generation,
      written.map((manifest) => manifest.documentId),
    );
    const { outcomes, copy, sweeps } = unfinishedOf(commits, read);
    await this.#copy(generation, copy);
    if (sweeps.length > 0) await this.#primitives.deletePoints(generation, sweeps);
    // A lost commit's effects are still to come, so nothing may say that they are there.
    if (!outcomes.includes("lost")) await this.#primitives.raiseProgress(progress);
    return outcomes;
  }

  async putPoints(generation: GenerationId, points: readonly Point[]): Promise<void> {
    const ids = [...new Set(points.map((point) => point.documentId))];
    const manifests = await this.#primitives.readManifests(generation, ids);
    const byId = new Map(manifests.flatMap((found) => (found ? [[found.documentId, found]] : [])));
    await this.#put(
      generation,
      points.map((point) => recordOf(point, byId.get(point.documentId))),
    );
  }

  async sweep(
    generation: GenerationId,
    documentId: DocumentId,
    sweep: { readonly revision: Revision; readonly live: readonly PointDigest[] },
  ): Promise<void> {
    await this.#primitives.deletePoints(generation, [sweepOf(documentId, sweep)]);
    await this.#primitives.deleteStrayManifests(generation, [documentId]);
  }

  existing(generation: GenerationId, documentId: DocumentId, digests: readonly PointDigest[]) {
    return this.#primitives.existing(generation, documentId, digests);
  }

  vectorsByText(generation: GenerationId, tenant: string, textHashes: readonly string[]) {
    return this.#primitives.vectorsByText(generation, tenant, textHashes);
  }

  search(generation: GenerationId, query: CandidateQuery) {
    return this.#primitives.searchPoints(generation, query);
  }

  searchWithin(
    generation: GenerationId,
    vector: Float32Array,
    documents: readonly DocumentId[],
    limitPerDocument: number,
  ) {
    return this.#primitives.searchWithin(generation, vector, documents, limitPerDocument);
  }

  points(generation: GenerationId, ids: readonly PointId[]) {
    return this.#primitives.points(generation, ids);
  }

  pointsOf(generation: GenerationId, documentId: DocumentId) {
    return this.#primitives.pointsOf(generation, documentId);
  }

  /** A scan, page after page, costs one pass over the source's manifests. */
  listManifests(
    generation: GenerationId,
    source: SourceName,
    range: { readonly after: DocumentId | null; readonly limit: number },
  ): Promise<readonly ListedManifest[]> {
    return this.#listings.page(generation, source, range);
  }

  manifestLeaves(
    generation: GenerationId,
    page: AuditPage & { readonly fingerprint: string },
  ): Promise<LeafPage<ManifestLeaf>> {
    return manifestLeavesOf(this.#primitives, generation, page);
  }

  pointLeaves(generation: GenerationId, page: AuditPage): Promise<LeafPage<PointLeaf>> {
    return pointLeavesOf(this.#primitives, generation, page);
  }

  indexedDocuments(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly IndexedDocument[]> {
    return indexedDocumentsOf(this.#primitives, generation, ids);
  }

  async counts(generation: GenerationId) {
    const counted = await this.#primitives.countManifests?.(generation);
    if (counted) return counted;
    const counter = new ManifestCounter();
    for await (const manifests of this.#scroll(generation, null)) {
      for (const manifest of manifests) counter.add(manifest);
    }
    return counter.bySource();
  }

  embeddedBetween(generation: GenerationId, source: SourceName, timesMs: readonly number[]) {
    return countStretches(timesMs, (fromMs, toMs) =>
      this.#primitives.countEmbedded(generation, source, { fromMs, toMs }),
    );
  }

  async noteGenerations(generations: readonly Generation[]): Promise<void> {
    await this.#primitives.noteGenerations?.(generations);
  }

  async notedGenerations(): Promise<readonly Generation[]> {
    return (await this.#primitives.notedGenerations?.()) ?? [];
  }

  progress(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    return this.#primitives.readProgress(topic, group);
  }

  writeProgress(progress: readonly Progress[]): Promise<void> {
    return this.#primitives.raiseProgress(progress);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listings.clear();
    await this.#primitives[Symbol.asyncDispose]();
  }

  async #put(generation: GenerationId, records: readonly PointRecord[]): Promise<void> {
    if (records.length > 0) await this.#primitives.putPoints(generation, records);
  }

  /**
   * A point that a later revision wrote was not replaced, and may have older copies than this
   * commit's manifest. From here on no point's copies get older, so that asking now is enough.
   */
  async #behind(
    generation: GenerationId,
    commits: readonly DocumentCommit[],
  ): Promise<ReadonlySet<DocumentId>> {
    const listing = commits.filter(
      ({ manifest: { indexed } }) => indexed && indexed.live.length > 0,
    );
    const settled = listing.filter(({ manifest }) => isSettled(manifest));
    if (settled.length === 0) return new Set();
    return this.#primitives.copiesBehind(
      generation,
      settled.map(({ manifest: { documentId, seen } }) => ({
        documentId,
        revision: seen.revision,
      })),
    );
  }

  async #writeManifests(
    generation: GenerationId,
    commits: readonly DocumentCommit[],
    written: readonly Manifest[],
  ): Promise<void> {
    const inserts: Manifest[] = [];
    const updates: ManifestUpdate[] = [];
    for (const [index, manifest] of written.entries()) {
      const tokenRead = commits[index]?.tokenRead ?? null;
      if (tokenRead === null) inserts.push(manifest);
      else updates.push({ manifest, tokenRead });
    }
    if (inserts.length > 0) await this.#primitives.insertManifests(generation, inserts);
    if (updates.length > 0) await this.#primitives.updateManifests(generation, updates);
  }

  /** The manifests as they are once the points of each have its copies. */
  async #copy(
    generation: GenerationId,
    manifests: readonly Manifest[],
  ): Promise<readonly Manifest[]> {
    if (manifests.length === 0) return [];
    const documents = manifests.map((manifest) => ({
      documentId: manifest.documentId,
      copies: copiesOf(manifest),
      revision: manifest.seen.revision,
    }));
    const copied = manifests.map((manifest) => ({ ...manifest, copied: manifest.seen.revision }));
    await this.#primitives.setCopies(generation, documents);
    await this.#primitives.updateManifests(
      generation,
      copied.map((manifest) => ({ manifest, tokenRead: manifest.token })),
    );
    return copied;
  }

  async *#scroll(
    generation: GenerationId,
    source: SourceName | null,
  ): AsyncGenerator<readonly Manifest[]> {
    let from: string | null = null;
    do {
      const range: ManifestRange = { source, from, limit: scrollPageMax };
      const page: ManifestPage = await this.#primitives.scrollManifests(generation, range);
      yield page.manifests;
      from = page.next;
    } while (from !== null);
  }

  async *#scrollListed(
    generation: GenerationId,
    source: SourceName,
  ): AsyncGenerator<readonly ListedManifest[]> {
    if (!this.#primitives.scrollListed) {
      for await (const manifests of this.#scroll(generation, source)) {
        yield manifests.map(listedManifest);
      }
      return;
    }
    let from: string | null = null;
    do {
      const range: ManifestRange = { source, from, limit: listedPageMax };
      const page: ListedPage = await this.#primitives.scrollListed(generation, range);
      yield page.listed;
      from = page.next;
    } while (from !== null);
  }
}
