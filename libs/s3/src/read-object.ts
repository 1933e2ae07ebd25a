/**
 * One consistent reading of an object: what is told of it is of one ETag and version, and its tags
 * are the same before and after. Only a small body is read: whatever waits behind this reading, such
 * as a deletion, does not wait for a large one.
 */
import { createHash } from "node:crypto";
import { PoisonError, TransientError } from "@tidemark/pipeline";
import { noTags, type Bucket, type ObjectHead, type ObjectTags, type Refusal } from "./bucket.ts";
import { isArchived, usedTags, type PolicyRules, type UsedTags } from "./object-policy.ts";

export interface ReadingRules {
  readonly policy: PolicyRules;
  /** Tags are asked for only where something is read from them. */
  readonly tagNames: readonly string[];
  /** Larger bodies stay where they are. */
  readonly inlineBytesMax: number;
  readonly sizeBytesMax: number;
}

export interface ReadBody {
  /**
   * Hex sha256 of the content type and the bytes, or for a body that is not read, of what S3 says
   * that is another for other bytes. The same bytes written in another way may have another: then
   * they are cut again, and nothing is embedded.
   */
  readonly contentHash: string;
  /** Null for one that is too large to be inlined. */
  readonly bytes: Uint8Array | null;
}

export interface ObjectReading {
  readonly kind: "read";
  readonly head: ObjectHead;
  readonly tags: UsedTags;
  readonly isArchived: boolean;
  /** Null for what is archived, or larger than is read. */
  readonly body: ReadBody | null;
  readonly isTooLarge: boolean;
}

type Refused = Extract<Refusal, { kind: "absent" | "blocked" }>;

export const readAttemptsMax = 4;
const readAgainAfterMs = 250;

/**
 * Reads again when the object or its tags changed meanwhile; throws `TransientError` when they never
 * hold still.
 */
export async function readObject(
  bucket: Bucket,
  key: string,
  rules: ReadingRules,
): Promise<ObjectReading | Refused> {
  for (let attempt = 0; attempt < readAttemptsMax; attempt += 1) {
    const reading = await readOnce(bucket, key, rules);
    if (reading.kind !== "changed") return reading;
  }
  throw new TransientError("an object changed every time it was read", {
    retryAfterMs: readAgainAfterMs,
  });
}

async function readOnce(
  bucket: Bucket,
  key: string,
  rules: ReadingRules,
): Promise<ObjectReading | Refused | { readonly kind: "changed" }> {
  const before = await tagsOf(bucket, key, rules);
  if (before.kind === "absent" || before.kind === "blocked") return before;
  const opened = await openObject(bucket, key, rules);
  if (opened.kind !== "read") return opened;
  if (before.kind !== "found") return before;
  const { head } = opened;
  const after = await tagsOf(bucket, key, rules);
  if (after.kind !== "found") return after;
  if (!isSame(before.found, after.found) || !isOf(after.found, head)) return { kind: "changed" };
  return { ...opened, tags: usedTags(rules.tagNames, after.found?.tags ?? new Map()) };
}

/** What is archived, or too large, is described and not read. */
async function openObject(
  bucket: Bucket,
  key: string,
  rules: ReadingRules,
): Promise<Omit<ObjectReading, "tags"> | Refused | { readonly kind: "changed" }> {
  const answer = await bucket.peek(key, rules.inlineBytesMax);
  if (answer.kind === "archived") {
    const described = await bucket.head(key);
    if (described.kind === "found") return unread(described.found, { isArchived: true });
    return described.kind === "archived" ? { kind: "changed" } : described;
  }
  if (answer.kind !== "found") return answer;
  const { bytes, head } = answer.found;
  if (isArchived(rules.policy, head)) return unread(head, { isArchived: true });
  if (head.sizeBytes > rules.sizeBytesMax) return unread(head, { isTooLarge: true });
  const body = { contentHash: contentHashOf(head, bytes), bytes };
  return { kind: "read", head, isArchived: false, isTooLarge: false, body };
}

function unread(
  head: ObjectHead,
  { isArchived: archived = false, isTooLarge = false },
): Omit<ObjectReading, "tags"> {
  return { kind: "read", head, isArchived: archived, isTooLarge, body: null };
}

function contentHashOf(
  { contentType, etag, sizeBytes }: ObjectHead,
  bytes: Uint8Array | null,
): string {
  const hash = createHash("sha256").update(`${contentType ?? ""}\n`);
  return hash.update(bytes ?? `${etag} ${sizeBytes}`).digest("hex");
}

/** Throws `PoisonError` for an object past the limit, naming it, with the state it was found in. */
export function refuseTooLarge(
  { sizeBytes }: ObjectHead,
  { digest, setting, sizeBytesMax }: SizeLimit,
): never {
  throw new PoisonError(
    "size-limit",
    `the object has ${sizeBytes} bytes, more than ${setting} = ${sizeBytesMax}`,
    { digest },
  );
}

export interface SizeLimit {
  readonly sizeBytesMax: number;
  readonly setting: string;
  readonly digest: string;
}

/** Null where no tags are looked at. */
async function tagsOf(
  bucket: Bucket,
  key: string,
  { tagNames }: ReadingRules,
): Promise<
  { readonly kind: "found"; readonly found: ObjectTags | null } | Refused | { kind: "changed" }
> {
  if (tagNames.length === 0) return { kind: "found", found: null };
  const answer = await bucket.tags(key);
  return answer.kind === "archived" ? { kind: "found", found: noTags } : answer;
}

function isSame(before: ObjectTags | null, after: ObjectTags | null): boolean {
  if (!before || !after) return before === after;
  return (
    before.versionId === after.versionId &&
    before.tags.size === after.tags.size &&
    [...before.tags].every(([name, value]) => after.tags.get(name) === value)
  );
}

/** Whether the tags are those of the version whose body was read. */
function isOf(tags: ObjectTags | null, { versionId }: ObjectHead): boolean {
  return !tags || tags.versionId === versionId || tags.versionId === null || versionId === null;
}
