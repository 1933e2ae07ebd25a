/** The vector index in the embedded database. */
import type {
  DocumentId,
  GenerationId,
  Manifest,
  Point,
  PointDigest,
  PointId,
  Revision,
  SourceName,
} from "@tidemark/domain";
import type {
  AuditedIndex,
  AuditPage,
  Candidate,
  CandidateQuery,
  CommitOutcome,
  DocumentCommit,
  EmbeddingTimes,
  IndexedDocument,
  LeafPage,
  ListedManifest,
  ManifestLeaf,
  PointLeaf,
  Progress,
  SourceCounts,
  StoredPoint,
  VectorIndex,
} from "@tidemark/pipeline";
import { commitSlices, type CommitSlice } from "./commit-slices.ts";
import { manifestFrom, manifestRow } from "./manifest-row.ts";
import type { Committed } from "./manifest-operations.ts";
import type { Swept } from "./point-operations.ts";
import { copiedVector, pointBatch, pointFrom, storedPointFrom } from "./point-row.ts";
import type { Found } from "./search-operations.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import type { Priority } from "./write-queue.ts";

export interface SqliteVectorIndexOptions {
  readonly database: SqliteDatabase;
  /** Vectors of swept points that are remembered for equal text. */
  readonly cachedVectorsMax?: number;
  /** Of writes with points: `background` for a generation that is only being built. */
  readonly priority?: Exclude<Priority, "restriction">;
  /** Documents whose points are counted in one read. */
  readonly countedPerReadMax?: number;
}

/** A write of so many points holds the writer for about 10 ms; what restricts waits no longer. */
const pointsPerWriteMax = 128;
/** Points that a sweep may look at in one write. */
const lookedPerWriteMax = 2048;
const commitsPerWriteMax = 256;
const forgottenPerWriteMax = 256;
const manifestsPerReadMax = 1024;
/** About 10 ms of a reader. */
const countedPerReadDefault = 4096;
const cachedVectorsDefault = 50_000;
/** Documents changed before idle readers take them over ahead of the next search. */
const changesAheadMin = 64;
const changesPerReadMax = 256;

type Sweep = { readonly revision: Revision; readonly live: readonly PointDigest[] };

export class SqliteVectorIndex implements VectorIndex, AuditedIndex, EmbeddingTimes {
  readonly #database: SqliteDatabase;
  readonly #cacheRowsMax: number;
  readonly #priority: Priority;
  readonly #countedPerReadMax: number;
  /** By generation that was searched: documents changed since readers were last told. */
  readonly #changes = new Map<GenerationId, number>();

  constructor({ database, cachedVectorsMax, ...options }: SqliteVectorIndexOptions) {
    this.#database = database;
    this.#countedPerReadMax = options.countedPerReadMax ?? countedPerReadDefault;
    this.#cacheRowsMax = cachedVectorsMax ?? cachedVectorsDefault;
    this.#priority = options.priority ?? "content";
  }

  async ensureGeneration(generation: GenerationId, dimension: number): Promise<void> {
    await this.#database.write(
      "ensureGeneration",
      { name: generation, dimension },
      { priority: "restriction" },
    );
  }

  async dropGeneration(generation: GenerationId): Promise<void> {
    this.#changes.delete(generation);
    await this.#database.write(
      "forgetGeneration",
      { name: generation },
      { priority: "restriction" },
    );
    await this.maintain();
  }

  /** Removes what a drop that was cut off left behind, slice by slice. */
  async maintain(): Promise<void> {
    for (let done = false; !done;) {
      const removed = await this.#database.write(
        "removeForgotten",
        { pointsMax: forgottenPerWriteMax },
        { priority: "background" },
      );
      done = removed.done;
    }
  }

  async manifests(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly (Manifest | undefined)[]> {
    const manifests: (Manifest | undefined)[] = ids.map(() => undefined);
    for (let from = 0; from < ids.length; from += manifestsPerReadMax) {
      const slice = ids.slice(from, from + manifestsPerReadMax);
      for (const row of await this.#database.read("readManifests", { generation, ids: slice })) {
        manifests[from + row.at] = manifestFrom(row);
      }
    }
    return manifests;
  }

  async commit(
    generation: GenerationId,
    commits: readonly DocumentCommit[],
    progress: readonly Progress[],
  ): Promise<readonly CommitOutcome[]> {
    const slices = commitSlices(commits, { pointsPerWriteMax, commitsPerWriteMax });
    const outcomes: CommitOutcome[] = [];
    for (const [index, slice] of slices.entries()) {
      await this.putPoints(generation, slice.ahead);
      // Progress comes after all effects, and not over a lost one, which is decided again.
      const last = index === slices.length - 1 && !outcomes.includes("lost");
      const committed = await this.#commit(generation, slice, last ? progress : []);
      const finished = await this.#finishSweeps(generation, slice, committed);
      outcomes.push(...committed.map(({ outcome }) => outcome));
      if (last && finished > 0 && !outcomes.includes("lost")) await this.writeProgress(progress);
    }
    if (slices.length === 0) await this.writeProgress(progress);
    this.#followAhead(generation, commits.length);
    return outcomes;
  }

  async putPoints(generation: GenerationId, points: readonly Point[]): Promise<void> {
    for (let from = 0; from < points.length; from += pointsPerWriteMax) {
      const batch = pointBatch(points.slice(from, from + pointsPerWriteMax));
      await this.#database.write(
        "putPoints",
        { generation, points: batch },
        { priority: this.#priority, transfer: [batch.vectors.buffer as ArrayBuffer] },
      );
    }
  }

  async sweep(generation: GenerationId, documentId: DocumentId, sweep: Sweep): Promise<void> {
    await this.#sweepFrom(generation, documentId, { sweep, after: "" });
  }

  async existing(
    generation: GenerationId,
    documentId: DocumentId,
    digests: readonly PointDigest[],
  ): Promise<ReadonlySet<PointDigest>> {
    const found = await this.#database.read("existingDigests", { generation, documentId, digests });
    return new Set(found as readonly PointDigest[]);
  }

  async vectorsByText(
    generation: GenerationId,
    tenant: string,
    textHashes: readonly string[],
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const found = await this.#database.read("vectorsByText", { generation, tenant, textHashes });
    return new Map(found.map(([textHash, data]) => [textHash, copiedVector(data)]));
  }

  async search(generation: GenerationId, query: CandidateQuery): Promise<readonly Candidate[]> {
    const { tenants, principals, sources, filter } = query.narrowing;
    const { vector, limit, excluded } = query;
    if (!this.#changes.has(generation)) this.#changes.set(generation, 0);
    const found = await this.#database.read(
      "searchPoints",
      { generation, vector, limit, tenants, principals, sources, filter, excluded },
      { side: "search" },
    );
    return found.map(candidateFrom);
  }

  async searchWithin(
    generation: GenerationId,
    vector: Float32Array,
    documents: readonly DocumentId[],
    limitPerDocument: number,
  ): Promise<readonly Candidate[]> {
    const search = { generation, vector, documents, limitPerDocument };
    return (await this.#database.read("searchWithin", search)).map(candidateFrom);
  }

  /** Loads what searches of the generation need, so that the first one need not. */
  async warm(generation: GenerationId): Promise<void> {
    this.#changes.set(generation, 0);
    const ahead = { generation, documentsMax: changesPerReadMax };
    for (let done = false; !done;) {
      const readers = await this.#database.readAhead("followChanges", ahead, { idle: false });
      done = readers.every((reader) => reader.done);
    }
  }

  async points(
    generation: GenerationId,
    ids: readonly PointId[],
  ): Promise<readonly (StoredPoint | undefined)[]> {
    const rows = await this.#database.read("storedPoints", { generation, ids });
    return rows.map((row) => row && storedPointFrom(row));
  }

  async pointsOf(generation: GenerationId, documentId: DocumentId): Promise<readonly Point[]> {
    const rows = await this.#database.read("pointsOfDocument", { generation, documentId });
    return rows.map(pointFrom);
  }

  async listManifests(
    generation: GenerationId,
    source: SourceName,
    range: { readonly after: DocumentId | null; readonly limit: number },
  ): Promise<readonly ListedManifest[]> {
    const rows = await this.#database.read("listManifests", { generation, source, ...range });
    return rows.map(({ id, deleted, sourceDigest, epoch, position, seenAtMs }) => ({
      documentId: id as DocumentId,
      deleted: deleted === 1,
      sourceDigest,
      revision: { epoch, position },
      seenAtMs,
    }));
  }

  async counts(generation: GenerationId): Promise<readonly SourceCounts[]> {
    const rows = await this.#database.read("countManifests", { generation });
    return rows.map((row) => ({ ...row, source: row.source as SourceName }));
  }

  async embeddedBetween(
    generation: GenerationId,
    source: SourceName,
    timesMs: readonly number[],
  ): Promise<readonly number[]> {
    let sums = [0, ...timesMs.map(() => 0)];
    for (let after: string | null | undefined; after !== null;) {
      const slice = { after: after ?? null, documentsMax: this.#countedPerReadMax };
      const wanted = { generation, source, timesMs, ...slice };
      const { counts, next } = await this.#database.read("countEmbedded", wanted);
      sums = sums.map((sum, at) => sum + (counts[at] ?? 0));
      after = next;
    }
    return sums;
  }

  manifestLeaves(
    generation: GenerationId,
    page: AuditPage & { readonly fingerprint: string },
  ): Promise<LeafPage<ManifestLeaf>> {
    return this.#database.read("manifestLeaves", { generation, ...page });
  }

  pointLeaves(generation: GenerationId, page: AuditPage): Promise<LeafPage<PointLeaf>> {
    return this.#database.read("pointLeaves", { generation, ...page });
  }

  /** Points carry nothing that narrows: it stands in the document's row. */
  async indexedDocuments(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly IndexedDocument[]> {
    const found = await this.#database.read("auditedDocuments", { generation, ids });
    return found.map(({ isNarrowedRight, manifest, points }) => ({
      manifest,
      // A document's row is the only one with its id.
      strayManifests: 0,
      isNarrowedRight,
      narrows: null,
      points: points.map(({ epoch, id, position }) => ({
        id: id as PointId,
        revision: { epoch, position },
        narrows: null,
      })),
    }));
  }

  async progress(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#database.read("readProgress", { topic, group });
    return new Map(rows.map(({ partition, offset }) => [partition, offset]));
  }

  async writeProgress(progress: readonly Progress[]): Promise<void> {
    if (progress.length === 0) return;
    await this.#database.write("raiseProgress", progress, { priority: "restriction" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The database is its opener's to close.
  }

  /** What puts no points is small, and may be what restricts: it goes first. */
  #commit(
    generation: GenerationId,
    { commits, ahead }: CommitSlice,
    progress: readonly Progress[],
  ): Promise<readonly Committed[]> {
    const rows = commits.map(({ manifest, tokenRead, put, sweep }) => ({
      manifest: manifestRow(manifest),
      tokenRead,
      put: put.length > 0 ? pointBatch(put) : null,
      sweep: sweep && { ...sweep.revision, live: sweep.live },
    }));
    const content = ahead.length > 0 || rows.some(({ put }) => put !== null);
    return this.#database.write(
      "commitDocuments",
      {
        generation,
        commits: rows,
        progress,
        sweptMax: pointsPerWriteMax,
        lookedMax: lookedPerWriteMax,
        cacheRowsMax: this.#cacheRowsMax,
      },
      {
        priority: content ? this.#priority : "restriction",
        transfer: rows.flatMap(({ put }) => (put ? [put.vectors.buffer as ArrayBuffer] : [])),
      },
    );
  }

  async #finishSweeps(
    generation: GenerationId,
    { commits }: CommitSlice,
    committed: readonly Committed[],
  ): Promise<number> {
    let finished = 0;
    for (const [index, { sweepFrom }] of committed.entries()) {
      const commit = commits[index];
      if (sweepFrom === null || !commit?.sweep) continue;
      const { documentId } = commit.manifest;
      await this.#sweepFrom(generation, documentId, { sweep: commit.sweep, after: sweepFrom });
      finished += 1;
    }
    return finished;
  }

  async #sweepFrom(
    generation: GenerationId,
    documentId: DocumentId,
    { sweep, after }: { readonly sweep: Sweep; readonly after: string },
  ): Promise<void> {
    for (let next: string | null = after; next !== null;) {
      const swept: Swept = await this.#database.write(
        "sweepPoints",
        {
          generation,
          documentId,
          sweep: { ...sweep.revision, live: sweep.live },
          slice: {
            after: next,
            lookedMax: lookedPerWriteMax,
            removedMax: pointsPerWriteMax,
            cacheRowsMax: this.#cacheRowsMax,
          },
        },
        { priority: this.#priority },
      );
      next = swept.next;
    }
  }

  /** Lets readers that are idle take over many changes before a search has to. */
  #followAhead(generation: GenerationId, changed: number): void {
    const before = this.#changes.get(generation);
    if (before === undefined) return;
    const changes = before + changed;
    this.#changes.set(generation, changes < changesAheadMin ? changes : 0);
    if (changes < changesAheadMin) return;
    const ahead = { generation, documentsMax: changesPerReadMax };
    // A search finds the same changes itself, and then also what went wrong.
    this.#database.readAhead("followChanges", ahead, { idle: true }).catch(() => undefined);
  }
}

function candidateFrom({ id, digest, documentId, score }: Found): Candidate {
  return {
    id: id as PointId,
    digest: digest as PointDigest,
    documentId: documentId as DocumentId,
    score,
  };
}
