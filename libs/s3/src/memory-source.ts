/** A source over a bucket in memory, for tests. Nothing of it is about waiting. */
import type { MemoryBucket } from "./memory-bucket.ts";
import type { PolicyRules } from "./object-policy.ts";
import { S3Source, type S3SourceOptions } from "./s3-source.ts";

const silent = () => {};

export const everybody: PolicyRules = {
  tenant: { kind: "named", tenant: "acme" },
  permissions: { kind: "public" },
  archivedClasses: [],
};
export const byTags: PolicyRules = { ...everybody, permissions: { kind: "tag", tag: "readers" } };

export function openOn(bucket: MemoryBucket, options: Partial<S3SourceOptions> = {}): S3Source {
  return new S3Source({
    source: "uploads",
    bucket,
    policy: everybody,
    identity: "aws acme-uploads",
    clock: { nowMs: () => 0, sleep: () => Promise.resolve() },
    chance: () => 0.5,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    ...options,
  });
}

/** What a listing tells, by key. */
export async function digestsIn(source: S3Source): Promise<ReadonlyMap<string, string>> {
  const documents = await Array.fromAsync(source.list());
  return new Map(documents.map(({ digest, key }) => [key, digest]));
}
