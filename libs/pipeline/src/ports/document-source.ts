/** Where documents come from: read one, list all. */
import type {
  Content,
  DocumentId,
  ListedDocument,
  Metadata,
  MutationBody,
  Permissions,
} from "@tidemark/domain";

/** The state of a document, read after its hint has its offset. */
export type SourceState =
  | {
      readonly kind: "found";
      readonly body: MutationBody | null;
      readonly tenant: string;
      readonly permissions: Permissions;
      readonly archived: boolean;
      readonly metadata: Metadata;
      readonly sourceDigest: string;
      readonly sourceTimeMs: number | null;
    }
  /** Confirmed to be gone, by a source that can be listed. */
  | { readonly kind: "gone" }
  /** Outside what the source includes: gone as far as the index is concerned. */
  | { readonly kind: "filtered" }
  /** There, and not readable: never a delete. */
  | { readonly kind: "blocked"; readonly reason: string };

export interface DocumentSource {
  /** Throws `TransientError` when the source cannot say, `PoisonError` when the document is bad. */
  read(key: string): Promise<SourceState>;
  /**
   * Every document in the order of its key's UTF-8 bytes, with a cheap digest of its state.
   * Throws `TransientError` when the root cannot be listed whole.
   */
  list(signal?: AbortSignal): AsyncIterable<ListedDocument>;
  /**
   * Whether an absence from the listing just finished may mean a deletion: not where the root is
   * another one than it was. A source that has no such doubt leaves this out.
   */
  provesAbsence?(): Promise<boolean>;
}

export interface ContentStore {
  /**
   * The bytes of a document's content. Null when what was pinned is no longer there: then the
   * document has changed, and a new hint says so.
   */
  fetch(id: DocumentId, content: Content): Promise<Uint8Array | null>;
}
