/** A file's state as one stat call tells it. */
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { contentTypeOf, contentTypeTableVersion } from "./content-type.ts";

/** Raised when the same file and rules would be read as another document than before. */
const digestVersion = 1;

/**
 * Equal while the bytes are: size, both times to the nanosecond, and the inode, so that a file put
 * in another's place with its times kept is noticed too.
 */
export function pinOf(stats: BigIntStats): string {
  return [stats.size, stats.mtimeNs, stats.ctimeNs, stats.ino]
    .map((part) => part.toString(36))
    .join(".");
}

/** The cheap state of a document: its file, and what the configuration makes of it. */
export function sourceDigestOf(input: {
  readonly stats: BigIntStats;
  readonly key: string;
  /** Of the tenant, permissions, metadata and the rest that rules give the key. */
  readonly ruleDigest: string;
  readonly sizeBytesMax: number;
}): string {
  const parts = [
    digestVersion,
    contentTypeTableVersion,
    pinOf(input.stats),
    input.ruleDigest,
    contentTypeOf(input.key),
    input.stats.size > BigInt(input.sizeBytesMax),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
