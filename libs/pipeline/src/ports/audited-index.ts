/**
 * What an audit reads of an index: all of it as digests that are made from what is stored while it is
 * read, in whatever order the index has, and some documents in full. Neither texts nor vectors.
 */
import type {
  AuditedPoint,
  DocumentId,
  GenerationId,
  Manifest,
  PointSum,
  SetAside,
  SourceName,
} from "@tidemark/domain";

export interface AuditPage {
  readonly source: SourceName;
  /** Where the page begins, as the one before told; null for the first. */
  readonly from: string | null;
  readonly limit: number;
}

/** A manifest, as digests. */
export interface ManifestLeaf {
  readonly id: DocumentId;
  readonly seen: string;
  /** Of the points that should be stored for it; null for none. */
  readonly live: string | null;
  /** Where it disagrees with itself, with the fingerprint or with what narrows searches. */
  readonly isUnsound?: true;
  readonly setAside?: SetAside;
}

/** Points of a document, or some of them: what pages tell is to be added up. */
export interface PointLeaf {
  readonly id: DocumentId;
  readonly points: PointSum;
}

export interface LeafPage<Leaf> {
  readonly leaves: readonly Leaf[];
  /** Null after the last. */
  readonly next: string | null;
}

/** A document as it is stored, without texts and vectors. */
export interface IndexedDocument {
  readonly manifest: Manifest | null;
  /** Besides, where nobody looks for one. */
  readonly strayManifests: number;
  readonly points: readonly AuditedPoint[];
  readonly narrows: string | null;
  readonly isNarrowedRight: boolean;
}

export interface AuditedIndex {
  manifestLeaves(
    generation: GenerationId,
    page: AuditPage & { readonly fingerprint: string },
  ): Promise<LeafPage<ManifestLeaf>>;
  pointLeaves(generation: GenerationId, page: AuditPage): Promise<LeafPage<PointLeaf>>;
  indexedDocuments(
    generation: GenerationId,
    ids: readonly DocumentId[],
  ): Promise<readonly IndexedDocument[]>;
}
