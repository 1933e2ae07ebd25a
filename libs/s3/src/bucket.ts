/** What Tidemark asks of a bucket, whoever answers. Every question may throw `TransientError`. */

/** What a listing tells of an object as well as reading it does. */
export interface ObjectFacts {
  /** Without quotation marks. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** In whole seconds, since reading an object tells no more. Every write sets it, and no tagging. */
  readonly modifiedAtS: number;
  /** `STANDARD` where none is told. */
  readonly storageClass: string;
  /** There is a restored copy, so that an archived object can be read. */
  readonly isRestored: boolean;
}

export interface ObjectHead extends ObjectFacts {
  /** Null in a bucket without versions. */
  readonly versionId: string | null;
  readonly contentType: string | null;
  /** What the writer gave with it, by names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ObjectTags {
  readonly versionId: string | null;
  readonly tags: ReadonlyMap<string, string>;
}

/** Some servers refuse the tags of what is archived: it is hidden, whatever they are. */
export const noTags: ObjectTags = { versionId: null, tags: new Map() };

/** An object as far as it was asked for. */
export interface Peeked {
  readonly head: ObjectHead;
  /** All of them, where they are no more than were asked for. */
  readonly bytes: Uint8Array | null;
}

/** Why an object is not to be had, by what the bucket answers. */
export type Refusal =
  /** `isMarked` where a delete marker says so. */
  | { readonly kind: "absent"; readonly isMarked: boolean }
  | { readonly kind: "blocked"; readonly reason: string }
  /** There, in a class that must be restored before it can be read. */
  | { readonly kind: "archived" }
  /** No longer what was asked for. */
  | { readonly kind: "changed" };

export type Answer<T> = { readonly kind: "found"; readonly found: T } | Refusal;

/** One body and no other: whatever has been written since is `changed`. */
export interface ObjectPin {
  readonly etag: string;
  readonly sizeBytes: number;
  readonly versionId: string | null;
}

export interface ListedObject extends ObjectFacts {
  readonly key: string;
}

export interface ListedPage {
  /** In the order of their keys' UTF-8 bytes. */
  readonly objects: readonly ListedObject[];
  readonly isLast: boolean;
}

export interface Bucket {
  readonly name: string;
  /** The object, with its bytes when they are few. */
  peek(key: string, bytesMax: number): Promise<Answer<Peeked>>;
  head(key: string): Promise<Answer<ObjectHead>>;
  /** All the bytes of one body. */
  fetch(key: string, pin: ObjectPin): Promise<Answer<Uint8Array>>;
  tags(key: string): Promise<Answer<ObjectTags>>;
  /** The objects that follow a key, or the first of all. */
  page(after: string | null, signal?: AbortSignal): Promise<ListedPage>;
}
