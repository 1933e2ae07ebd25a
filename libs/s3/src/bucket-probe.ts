/** A probe's document in a bucket: never written over anybody else's. */
import { isProbeText } from "@tidemark/domain";
import { TransientError, type ProbeAsker, type ProbeTarget } from "@tidemark/pipeline";
import type { Answer, Bucket } from "./bucket.ts";
import type { PolicyRules } from "./object-policy.ts";

/** What only a probe asks of a bucket. */
export interface WritableBucket extends Pick<Bucket, "peek"> {
  /** Replaces the object with its tags. */
  write(
    key: string,
    object: { readonly text: string; readonly tags: ReadonlyMap<string, string> },
    signal: AbortSignal,
  ): Promise<Answer<null>>;
  delete(key: string, signal: AbortSignal): Promise<Answer<null>>;
}

export interface BucketProbeOptions {
  readonly bucket: WritableBucket;
  readonly key: string;
  readonly asker: ProbeAsker;
  readonly policy: Pick<PolicyRules, "permissions" | "tenant">;
}

const headBytesMax = 4_096;

export class BucketProbe implements ProbeTarget {
  readonly key: string;
  readonly #bucket: WritableBucket;
  readonly #tags: ReadonlyMap<string, string>;

  constructor({ asker, bucket, key, policy }: BucketProbeOptions) {
    this.key = key;
    this.#bucket = bucket;
    this.#tags = tagsFor(asker, policy);
  }

  async write(text: string, signal: AbortSignal): Promise<void> {
    await this.#isThere();
    const answer = await this.#bucket.write(this.key, { text, tags: this.#tags }, signal);
    if (answer.kind !== "found") throw this.#refused("be written", answer);
  }

  async delete(signal: AbortSignal): Promise<void> {
    if (!(await this.#isThere())) return;
    const answer = await this.#bucket.delete(this.key, signal);
    if (answer.kind !== "found") throw this.#refused("be deleted", answer);
  }

  /** @throws TransientError where something is there that is not a probe's, or nobody can tell */
  async #isThere(): Promise<boolean> {
    const there = await this.#bucket.peek(this.key, headBytesMax);
    if (there.kind === "absent") return false;
    if (there.kind === "archived") throw this.#notOurs();
    if (there.kind !== "found") throw this.#refused("be read", there);
    const { bytes } = there.found;
    if (!bytes || !isProbeText(Buffer.from(bytes).toString())) throw this.#notOurs();
    return true;
  }

  #refused(
    what: string,
    answer: Exclude<Answer<unknown>, { readonly kind: "found" }>,
  ): TransientError {
    const reason = answer.kind === "blocked" ? answer.reason : answer.kind;
    const tagging = this.#tags.size > 0 ? ", s3:PutObjectTagging" : "";
    const rights = `s3:PutObject${tagging} and s3:DeleteObject`;
    const fix = reason === "AccessDenied" ? `: allow ${rights} for this key` : "";
    return new TransientError(`${this.key} cannot ${what}: ${reason}${fix}`);
  }

  #notOurs(): TransientError {
    return new TransientError(
      `${this.key} is not a probe's document and is left alone: name another under probe.key`,
    );
  }
}

/** Where tags say whose it is and who may read it, they say that it is a probe's alone. */
function tagsFor(
  { principals, tenant }: ProbeAsker,
  policy: BucketProbeOptions["policy"],
): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  if (policy.tenant.kind === "tag" && tenant !== null) tags.set(policy.tenant.tag, tenant);
  if (policy.permissions.kind === "tag" && principals !== null) {
    tags.set(policy.permissions.tag, principals.join(" "));
  }
  return tags;
}
