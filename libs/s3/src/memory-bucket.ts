/** A bucket in memory, for tests: what is asked of it can be refused, or overtaken by a change. */
import { createHash } from "node:crypto";
import { compareKeys } from "@tidemark/domain";
import type {
  Answer,
  Bucket,
  ListedPage,
  ObjectHead,
  ObjectPin,
  ObjectTags,
  Peeked,
  Refusal,
} from "./bucket.ts";

interface Stored {
  readonly head: ObjectHead;
  readonly bytes: Buffer;
  readonly tags: ReadonlyMap<string, string>;
}

export interface MemoryObject {
  readonly text?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string | null;
  readonly storageClass?: string;
  readonly isRestored?: boolean;
}

type Question = "peek" | "fetch" | "head" | "tags" | "page";

const frozen = new Set(["GLACIER", "DEEP_ARCHIVE"]);
const found = <T>(value: T): Answer<T> => ({ kind: "found", found: value });

export class MemoryBucket implements Bucket {
  readonly name = "acme-uploads";
  /** How many objects a page has. */
  keysPerPage = 1_000;
  /** As some servers do it. */
  refusesArchivedTags = false;
  /** Every question, in order. */
  readonly asked: string[] = [];
  readonly #isVersioned: boolean;
  readonly #objects = new Map<string, Stored>();
  readonly #versions = new Map<string, Stored>();
  readonly #refusals = new Map<string, Refusal>();
  readonly #before: { readonly question: Question; readonly act: () => void }[] = [];
  #written = 0;

  constructor({ isVersioned = false } = {}) {
    this.#isVersioned = isVersioned;
  }

  put(key: string, object: MemoryObject = {}): void {
    const { contentType = "text/markdown", isRestored = false, metadata = {}, tags = {} } = object;
    const bytes = Buffer.from(object.text ?? key);
    this.#written += 1;
    const versionId = this.#isVersioned ? `v${this.#written}` : null;
    const head = {
      etag: createHash("md5").update(bytes).digest("hex"),
      sizeBytes: bytes.length,
      modifiedAtS: 1_000 + this.#written,
      storageClass: object.storageClass ?? "STANDARD",
      isRestored,
      versionId,
      contentType,
      metadata,
    };
    this.#store(key, { head, bytes, tags: new Map(Object.entries(tags)) });
  }

  tag(key: string, tags: Readonly<Record<string, string>>): void {
    this.#change(key, { tags: new Map(Object.entries(tags)) });
  }

  /** As a lifecycle rule does it: the time of modification stays. */
  move(key: string, head: Pick<ObjectHead, "storageClass" | "isRestored">): void {
    const stored = this.#objects.get(key);
    if (stored) this.#change(key, { head: { ...stored.head, ...head } });
  }

  delete(key: string): void {
    this.#objects.delete(key);
  }

  /** From now on, until it is allowed with null. */
  refuse(key: string, refusal: Refusal | null): void {
    if (refusal) this.#refusals.set(key, refusal);
    else this.#refusals.delete(key);
  }

  /** Acts just before the next question of the kind is answered; it may throw. */
  beforeNext(question: Question, act: () => void): void {
    this.#before.push({ question, act });
  }

  async peek(key: string, bytesMax: number): Promise<Answer<Peeked>> {
    this.#ask("peek", key);
    const answer = this.#readable(key, this.#objects.get(key));
    if (answer.kind !== "found") return answer;
    const { bytes, head } = answer.found;
    return found({ head, bytes: bytes.length <= bytesMax ? bytes : null });
  }

  async fetch(key: string, pin: ObjectPin): Promise<Answer<Uint8Array>> {
    this.#ask("fetch", key);
    const stored = pin.versionId ? this.#versions.get(pin.versionId) : this.#objects.get(key);
    const answer = this.#readable(key, stored);
    if (answer.kind !== "found") return answer;
    return answer.found.head.etag === pin.etag ? found(answer.found.bytes) : { kind: "changed" };
  }

  async head(key: string): Promise<Answer<ObjectHead>> {
    this.#ask("head", key);
    const stored = this.#objects.get(key);
    return this.#refusals.get(key) ?? (stored ? found(stored.head) : this.#absence());
  }

  async tags(key: string): Promise<Answer<ObjectTags>> {
    this.#ask("tags", key);
    const stored = this.#objects.get(key);
    if (!stored) return this.#refusals.get(key) ?? this.#absence();
    const { head, tags } = stored;
    if (this.refusesArchivedTags && frozen.has(head.storageClass)) return { kind: "archived" };
    return this.#refusals.get(key) ?? found({ versionId: head.versionId, tags });
  }

  async page(after: string | null): Promise<ListedPage> {
    this.#ask("page", after ?? "");
    const keys = [...this.#objects.keys()]
      .filter((key) => after === null || compareKeys(key, after) > 0)
      .sort(compareKeys);
    const objects = keys.slice(0, this.keysPerPage).flatMap((key) => {
      const stored = this.#objects.get(key);
      return stored ? { ...stored.head, key } : [];
    });
    return { objects, isLast: keys.length <= this.keysPerPage };
  }

  #readable(key: string, stored: Stored | undefined): Answer<Stored> {
    const refusal = this.#refusals.get(key);
    if (refusal) return refusal;
    if (!stored) return this.#absence();
    const { isRestored, storageClass } = stored.head;
    return frozen.has(storageClass) && !isRestored ? { kind: "archived" } : found(stored);
  }

  #change(key: string, change: Partial<Stored>): void {
    const stored = this.#objects.get(key);
    if (stored) this.#store(key, { ...stored, ...change });
  }

  #store(key: string, stored: Stored): void {
    this.#objects.set(key, stored);
    if (stored.head.versionId) this.#versions.set(stored.head.versionId, stored);
  }

  #ask(question: Question, what: string): void {
    this.asked.push(`${question} ${what}`);
    const at = this.#before.findIndex((each) => each.question === question);
    if (at >= 0) this.#before.splice(at, 1)[0]?.act();
  }

  #absence(): Refusal {
    return { kind: "absent", isMarked: this.#isVersioned };
  }
}
