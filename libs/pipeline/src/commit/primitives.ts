/**
 * What an index without transactions offers, and not a bit more: conditional writes of one record,
 * silent about who won. A call may hold many records; each is written whole or not at all, by
 * itself, and a crash may leave some written. Everything with a condition may be done again.
 */
import type {
  DocumentId,
  Generation,
  GenerationId,
  Manifest,
  Point,
  PointDigest,
  PointId,
  Revision,
  SourceName,
  Token,
} from "@tidemark/domain";
import type {
  Candidate,
  CandidateQuery,
  Copies,
  ListedManifest,
  Progress,
  SourceCounts,
  StoredPoint,
} from "../ports/vector-index.ts";

/** A point as such an index keeps it: with copies, and the seen revision that they reflect. */
export interface PointRecord extends Point {
  /** Null while they are not known: then the point is a candidate for every search. */
  readonly copies: Copies | null;
  readonly copiesRevision: Revision;
}

export interface ManifestUpdate {
  readonly manifest: Manifest;
  /** The manifest's own where only `copied` changes: whoever read it may still commit. */
  readonly tokenRead: Token;
}

/** Copies for all points of a document, and the seen revision that they reflect. */
export interface DocumentCopies {
  readonly documentId: DocumentId;
  readonly copies: Copies;
  readonly revision: Revision;
}

export interface PointSweep {
  readonly documentId: DocumentId;
  readonly below: Revision;
  readonly spare: readonly PointDigest[];
}

export interface ManifestPage {
  readonly manifests: readonly Manifest[];
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
}

/** `source` null is all of them. */
export interface ManifestRange {
  readonly source: SourceName | null;
  readonly from: string | null;
  readonly limit: number;
}

export interface ListedPage {
  readonly listed: readonly ListedManifest[];
  readonly next: string | null;
}

/** A manifest, and whether what is kept beside it for conditions and counts says the same. */
export interface KeptManifest {
  readonly manifest: Manifest;
  readonly isKeptAlike: boolean;
}

export interface KeptPage {
  readonly kept: readonly KeptManifest[];
  readonly next: string | null;
}

/** A stored point without its text and its vector. */
export interface KeptPoint {
  readonly documentId: DocumentId;
  readonly id: PointId;
  readonly revision: Revision;
  /** Of its copies; null while it has none. */
  readonly narrows: string | null;
}

export interface KeptPointPage {
  readonly points: readonly Omit<KeptPoint, "revision">[];
  readonly next: string | null;
}

export interface IndexPrimitives extends AsyncDisposable {
  ensureGeneration(generation: GenerationId, dimension: number): Promise<void>;
  dropGeneration(generation: GenerationId): Promise<void>;

  readManifests(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly (Manifest | undefined)[]>;
  /** Inserts those that are absent and leaves the others. */
  insertManifests(generation: GenerationId, manifests: readonly Manifest[]): Promise<void>;
  /** Replaces each manifest whose token is the one read; never inserts. */
  updateManifests(generation: GenerationId, updates: readonly ManifestUpdate[]): Promise<void>;
  /** Manifests in an order of the index's own. */
  scrollManifests(generation: GenerationId, range: ManifestRange): Promise<ManifestPage>;
  /** The same with what a listing needs, where that is less to fetch. */
  scrollListed?(generation: GenerationId, range: ManifestRange): Promise<ListedPage>;
  /** What `ManifestCounter` finds, where that is to be had without every manifest; else null. */
  countManifests?(generation: GenerationId): Promise<readonly SourceCounts[] | null>;

  /**
   * Inserts points that are absent. A point with copies replaces one of no newer revision and no
   * newer copies: newer ones than the writer knows mean that its commit will lose. A point without
   * copies replaces one of an older revision, whatever its copies: to be a candidate for every
   * search is never wrong, and a point whose revision was not raised could be swept.
   */
  putPoints(generation: GenerationId, points: readonly PointRecord[]): Promise<void>;
  /** Which of these documents have a point whose copies reflect an older revision, or none. */
  copiesBehind(
    generation: GenerationId,
    documents: readonly { readonly documentId: DocumentId; readonly revision: Revision }[],
  ): Promise<ReadonlySet<DocumentId>>;
  /** Replaces the copies of the documents' points whose copies reflect an older revision. */
  setCopies(generation: GenerationId, documents: readonly DocumentCopies[]): Promise<void>;
  /** Deletes the documents' points that are not spared and were last written before `below`. */
  deletePoints(generation: GenerationId, sweeps: readonly PointSweep[]): Promise<void>;

  existing(
    generation: GenerationId,
    documentId: DocumentId,
    digests: readonly PointDigest[],
  ): Promise<ReadonlySet<PointDigest>>;
  vectorsByText(
    generation: GenerationId,
    tenant: string,
    textHashes: readonly string[],
  ): Promise<ReadonlyMap<string, Float32Array>>;
  points(
    generation: GenerationId,
    ids: readonly PointId[],
  ): Promise<readonly (StoredPoint | undefined)[]>;
  pointsOf(generation: GenerationId, documentId: DocumentId): Promise<readonly Point[]>;

  /** The nearest points whose copies pass the narrowing. */
  searchPoints(generation: GenerationId, query: CandidateQuery): Promise<readonly Candidate[]>;
  searchWithin(
    generation: GenerationId,
    vector: Float32Array,
    documents: readonly DocumentId[],
    limitPerDocument: number,
  ): Promise<readonly Candidate[]>;

  /** Points of the source that were embedded from one time up to another; null is without end. */
  countEmbedded(
    generation: GenerationId,
    source: SourceName,
    between: { readonly fromMs: number | null; readonly toMs: number | null },
  ): Promise<number>;

  /** For an audit: manifests and points as they are stored, in an order of the index's own. */
  scrollKept(generation: GenerationId, range: ManifestRange): Promise<KeptPage>;
  readKept(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly (KeptManifest | undefined)[]>;
  scrollPoints(generation: GenerationId, range: ManifestRange): Promise<KeptPointPage>;
  /** All points of these documents. */
  pointsWithin(generation: GenerationId, ids: readonly DocumentId[]): Promise<readonly KeptPoint[]>;
  /** How many manifests of each of these documents stand where nobody looks for one. */
  strayManifests(generation: GenerationId, ids: readonly DocumentId[]): Promise<readonly number[]>;
  deleteStrayManifests(generation: GenerationId, ids: readonly DocumentId[]): Promise<void>;
  /** What each point of the document has to carry as its copies. */
  narrowsOf(manifest: Manifest): string;

  /** See `VectorIndex`. */
  noteGenerations?(generations: readonly Generation[]): Promise<void>;
  notedGenerations?(): Promise<readonly Generation[]>;

  readProgress(topic: string, group: string): Promise<ReadonlyMap<number, number>>;
  /** Each record on the condition that its offset grows. */
  raiseProgress(progress: readonly Progress[]): Promise<void>;
}
