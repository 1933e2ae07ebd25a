/**
 * Where points and manifests live. The index holds the ledger, so the two cannot disagree. What a
 * stage may rely on is written here; how it is carried, by a transaction or by single conditional
 * writes, is the adapter's.
 */
import type {
  DocumentId,
  Filter,
  Generation,
  GenerationId,
  Manifest,
  Metadata,
  Point,
  PointDigest,
  PointId,
  Policy,
  Revision,
  SourceName,
  Token,
} from "@tidemark/domain";

/** How far a consumer group's effects have come; written after them, before the group's offset. */
export interface Progress {
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
  readonly offset: number;
  /**
   * How far the group knows the index to be. One that is not so far was wiped or set back: nothing is
   * written then, so that it shows. Written whatever the index has when absent.
   */
  readonly from?: number;
}

/** One document's commit: points first, then its manifest on a condition, then the sweep. */
export interface DocumentCommit {
  readonly manifest: Manifest;
  /** The token the manifest had when it was read; null when there was none. */
  readonly tokenRead: Token | null;
  readonly put: readonly Point[];
  /** Points of the document to remove afterwards: not listed and last written before `revision`. */
  readonly sweep: { readonly revision: Revision; readonly live: readonly PointDigest[] } | null;
}

export type CommitOutcome = "won" | "lost";

export interface Narrowing {
  /** The tenants that may be seen; null where tenants do not matter. */
  readonly tenants: readonly string[] | null;
  /**
   * Principals of the asker; public documents are always among the candidates. Null where nobody asks:
   * what compares points with one another looks at all of them, and shows none.
   */
  readonly principals: readonly string[] | null;
  readonly sources: readonly SourceName[] | null;
  readonly filter: Filter;
}

export interface CandidateQuery {
  readonly vector: Float32Array;
  readonly limit: number;
  readonly narrowing: Narrowing;
  /** Documents that were decided in earlier rounds. */
  readonly excluded: readonly DocumentId[];
  /** Compares with every point, where an index would otherwise be content with nearly the nearest. */
  readonly exact?: boolean;
}

export interface Candidate {
  readonly id: PointId;
  readonly digest: PointDigest;
  readonly documentId: DocumentId;
  /** Cosine similarity, from -1 to 1. */
  readonly score: number;
}

export interface StoredPoint {
  readonly id: PointId;
  readonly documentId: DocumentId;
  readonly revision: Revision;
  readonly text: string;
  readonly heading: readonly string[];
  readonly textHash: string;
  readonly chunkHash: string;
  readonly tenant: string;
  readonly embeddedAtMs: number;
}

export interface SourceCounts {
  readonly source: SourceName;
  readonly documents: number;
  readonly searchable: number;
  readonly archived: number;
  readonly failed: number;
  /** Seen is newer than indexed, and not because the document is hidden. */
  readonly pending: number;
  readonly chunks: number;
  /** Observed time of the oldest pending document. */
  readonly oldestPendingMs: number | null;
  readonly highestEpoch: number;
}

export interface ListedManifest {
  readonly documentId: DocumentId;
  readonly deleted: boolean;
  readonly sourceDigest: string | null;
  readonly revision: Revision;
  readonly seenAtMs: number;
}

export interface VectorIndex extends AsyncDisposable {
  /** Makes room for a generation; does nothing when it is there. */
  ensureGeneration(generation: GenerationId, dimension: number): Promise<void>;
  /** Removes a generation whole. Refused for one that is `protected` by the caller's catalogue. */
  dropGeneration(generation: GenerationId): Promise<void>;

  /** Undefined where nothing is known of the document. */
  manifests(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly (Manifest | undefined)[]>;

  /**
   * Applies commits of different documents, each on its own condition; a lost one leaves nothing
   * but points that no manifest lists. Applying the same commit again changes nothing. When it
   * resolves, the effects survive a crash of the process. `progress` is stored after them, and only
   * when no commit was lost: what is lost is decided again and is not done.
   */
  commit(
    generation: GenerationId,
    commits: readonly DocumentCommit[],
    progress: readonly Progress[],
  ): Promise<readonly CommitOutcome[]>;

  /** Points ahead of their commit, for documents too large for one write. Not listed, so not seen. */
  putPoints(generation: GenerationId, points: readonly Point[]): Promise<void>;

  /**
   * Removes the document's points that are not listed and were last written before `revision`, and
   * manifests of it that stand where nobody looks for one.
   */
  sweep(
    generation: GenerationId,
    documentId: DocumentId,
    sweep: { readonly revision: Revision; readonly live: readonly PointDigest[] },
  ): Promise<void>;

  /** Which of these points exist. */
  existing(
    generation: GenerationId,
    documentId: DocumentId,
    digests: readonly PointDigest[],
  ): Promise<ReadonlySet<PointDigest>>;

  /**
   * Vectors of equal text made under this generation for this tenant: of points, live or lately
   * swept, within the adapter's bound.
   */
  vectorsByText(
    generation: GenerationId,
    tenant: string,
    textHashes: readonly string[],
  ): Promise<ReadonlyMap<string, Float32Array>>;

  /** The nearest points, best first. May return unlisted and denied ones: the caller decides. */
  search(generation: GenerationId, query: CandidateQuery): Promise<readonly Candidate[]>;

  /** As `search`, among the points of these documents alone, whatever their rank. */
  searchWithin(
    generation: GenerationId,
    vector: Float32Array,
    documents: readonly DocumentId[],
    limitPerDocument: number,
  ): Promise<readonly Candidate[]>;

  points(
    generation: GenerationId,
    ids: readonly PointId[],
  ): Promise<readonly (StoredPoint | undefined)[]>;

  /** A document's stored points with their vectors; for audits, repairs and the checker. */
  pointsOf(generation: GenerationId, documentId: DocumentId): Promise<readonly Point[]>;

  /** Manifests of a source in the order of their keys' UTF-8 bytes, after one, bounded. */
  listManifests(
    generation: GenerationId,
    source: SourceName,
    range: { readonly after: DocumentId | null; readonly limit: number },
  ): Promise<readonly ListedManifest[]>;

  counts(generation: GenerationId): Promise<readonly SourceCounts[]>;

  /**
   * Writes down what a generation is, where the index is not the log's own database: a catalogue
   * that is lost is taken from here. With an alias, it points to the generation that is active.
   */
  noteGenerations?(generations: readonly Generation[]): Promise<void>;
  notedGenerations?(): Promise<readonly Generation[]>;

  progress(topic: string, group: string): Promise<ReadonlyMap<number, number>>;
  writeProgress(progress: readonly Progress[]): Promise<void>;
}

/** Copies that points carry to narrow candidates; never what decides. */
export interface Copies {
  readonly policy: Policy;
  readonly metadata: Metadata;
}
