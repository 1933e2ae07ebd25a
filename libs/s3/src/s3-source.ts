/**
 * A bucket as a source. A document's key is its object's key, whole. Only what the bucket itself
 * says is not there is taken for deleted: what is refused is blocked, and what is not answered waits.
 */
import { isUtf8 } from "node:buffer";
import type { Content, DocumentId, ListedDocument } from "@tidemark/domain";
import {
  TransientError,
  type Chance,
  type Clock,
  type ContentStore,
  type DocumentSource,
  type Finding,
  type PipelineLogger,
  type SourceState,
} from "@tidemark/pipeline";
import type { Bucket, ListedObject, ObjectFacts, ObjectHead } from "./bucket.ts";
import { keyFilter, type KeyFilter } from "./key-filter.ts";
import { listObjects } from "./list-objects.ts";
import { metadataFrom } from "./object-metadata.ts";
import { isObjectChanged, objectDigest } from "./object-digest.ts";
import {
  policyOf,
  rulesDigest,
  usedTagNames,
  type PolicyRules,
  type UsedTags,
} from "./object-policy.ts";
import { decodePin, encodePin, keyIn, locationOf } from "./pinned-object.ts";
import { RateLimit } from "./rate-limit.ts";
import { readObject, refuseTooLarge, type ObjectReading, type ReadBody } from "./read-object.ts";
import type { ReportListener } from "./report.ts";

export interface S3SourceOptions {
  /** The source's name: the start of its documents' ids. */
  readonly source: string;
  readonly bucket: Bucket;
  /** Keys that begin so, and no others. */
  readonly prefix?: string;
  /** Patterns of whole keys; all that `exclude` leaves when absent. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly policy: PolicyRules;
  /** Larger content travels as a reference. */
  readonly inlineBytesMax?: number;
  /** Larger objects are refused, unread. */
  readonly sizeBytesMax?: number;
  /** What a listing asks at most, so that it does not crowd others out. */
  readonly requestsPerSecondMax?: number;
  /** Which bucket it is: another one holds every deletion until a person accepts it. */
  readonly identity: string;
  /** What `rootIdentity` was in an earlier process. */
  readonly rootIdentity?: string | null;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly onReport?: ReportListener;
}

export const inlineBytesMaxDefault = 2_048;
const sizeBytesMaxDefault = 100 * 1024 * 1024;
const requestsPerSecondDefault = 500;
/** The setting that a refusal for size names. */
const sizeSetting = "vectors.extraction.input";
/** An absence is asked for again after this long: not every server is consistent at once. */
const confirmAfterMs = 50;

export class S3Source implements DocumentSource, ContentStore {
  readonly #options: S3SourceOptions;
  readonly #filter: KeyFilter;
  readonly #tagNames: readonly string[];
  readonly #sizeBytesMax: number;
  readonly #rate: RateLimit;
  #rootIdentity: string;

  /** Asks nothing yet. */
  constructor(options: S3SourceOptions) {
    const { exclude = [], include = ["**"], prefix = "", source } = options;
    this.#options = options;
    this.#filter = keyFilter({ source, prefix, include, exclude });
    this.#tagNames = usedTagNames(options.policy);
    this.#sizeBytesMax = options.sizeBytesMax ?? sizeBytesMaxDefault;
    const perSecondMax = options.requestsPerSecondMax ?? requestsPerSecondDefault;
    this.#rate = new RateLimit({ perSecondMax, clock: options.clock });
    this.#rootIdentity = options.rootIdentity ?? options.identity;
  }

  /** Which bucket is taken for the root: to be kept, and given again the next time. */
  get rootIdentity(): string {
    return this.#rootIdentity;
  }

  get #isRoot(): boolean {
    return this.#rootIdentity === this.#options.identity;
  }

  /** A person says that the bucket of the configuration is the root. */
  acceptRoot(): void {
    this.#rootIdentity = this.#options.identity;
  }

  /** Whether the key can be a document's. */
  includes(key: string): boolean {
    return this.#filter(key);
  }

  /** Whether an event should have told of what a scan found. */
  tellsOf({ before, key, now }: Finding): boolean {
    return this.#filter(key) && isObjectChanged(before, now);
  }

  async provesAbsence(): Promise<boolean> {
    if (!this.#isRoot) return false;
    try {
      await this.#options.bucket.page(null);
      return true;
    } catch (error) {
      if (error instanceof TransientError) return false;
      throw error;
    }
  }

  list(signal?: AbortSignal): AsyncIterable<ListedDocument> {
    return listObjects({
      ...this.#options,
      filter: this.#filter,
      tagNames: this.#tagNames,
      digestOf: (facts: ListedObject, tags) => this.#digestOf(facts, tags),
      rate: this.#rate,
      signal,
    });
  }

  async read(key: string): Promise<SourceState> {
    if (!this.#filter(key)) return { kind: "filtered" };
    const reading = await this.#readConfirmed(key);
    switch (reading.kind) {
      case "absent":
        return { kind: "gone" };
      case "blocked":
        return reading;
      case "read":
        return this.#found(key, reading);
    }
  }

  async fetch(_id: DocumentId, content: Content): Promise<Uint8Array | null> {
    if (content.kind === "text") return Buffer.from(content.text);
    if (content.kind === "bytes") return Buffer.from(content.base64, "base64");
    const { bucket } = this.#options;
    const key = keyIn(bucket.name, content.location);
    const pin = decodePin(content.pin);
    if (key === null || !this.#filter(key) || pin.sizeBytes > this.#sizeBytesMax) return null;
    const answer = await bucket.fetch(key, pin);
    switch (answer.kind) {
      case "found":
        return answer.found;
      case "blocked":
        throw new TransientError(`the object cannot be read: ${answer.reason}`);
      case "absent":
      case "archived":
      case "changed":
        return null;
    }
  }

  /** An absence that is confirmed, in the bucket that is the root. */
  async #readConfirmed(key: string): ReturnType<typeof readObject> {
    const { bucket, clock, inlineBytesMax = inlineBytesMaxDefault, policy } = this.#options;
    const rules = {
      policy,
      tagNames: this.#tagNames,
      inlineBytesMax,
      sizeBytesMax: this.#sizeBytesMax,
    };
    const reading = await readObject(bucket, key, rules);
    if (reading.kind !== "absent") return reading;
    if (!this.#isRoot) {
      const problem = "the bucket is another one than before: nothing is taken for deleted";
      throw new TransientError(problem);
    }
    if (reading.isMarked) return reading;
    await clock.sleep(confirmAfterMs);
    return readObject(bucket, key, rules);
  }

  #digestOf(facts: ObjectFacts, tags: UsedTags): string {
    return objectDigest({
      facts,
      tags,
      rules: rulesDigest(this.#options.policy, facts.storageClass),
      isTooLarge: facts.sizeBytes > this.#sizeBytesMax,
    });
  }

  #found(key: string, reading: ObjectReading): SourceState {
    const { body, head, isArchived, isTooLarge, tags } = reading;
    const { onReport = () => {}, policy } = this.#options;
    const sourceDigest = this.#digestOf(head, tags);
    if (isTooLarge) {
      const sizeBytesMax = this.#sizeBytesMax;
      return refuseTooLarge(head, { sizeBytesMax, setting: sizeSetting, digest: sourceDigest });
    }
    const onDropped = (field: string) => onReport({ kind: "metadata-field", key, field });
    return {
      kind: "found",
      ...policyOf(policy, tags),
      archived: isArchived,
      metadata: metadataFrom(head.metadata, onDropped),
      body: body && {
        content: contentOf(this.#options.bucket.name, key, head, body),
        contentHash: body.contentHash,
        contentType: head.contentType,
        fileName: key.slice(key.lastIndexOf("/") + 1),
        sizeBytes: head.sizeBytes,
      },
      sourceDigest,
      sourceTimeMs: head.modifiedAtS * 1000,
    };
  }
}

function contentOf(bucket: string, key: string, head: ObjectHead, { bytes }: ReadBody): Content {
  if (bytes === null) {
    return { kind: "reference", location: locationOf(bucket, key), pin: encodePin(head) };
  }
  return head.contentType?.startsWith("text/") === true && isUtf8(bytes)
    ? { kind: "text", text: Buffer.from(bytes).toString() }
    : { kind: "bytes", base64: Buffer.from(bytes).toString("base64") };
}
