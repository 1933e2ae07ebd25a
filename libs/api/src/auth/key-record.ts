/** A key is shown once and kept as a hash, with what it may do. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { sourceName } from "@tidemark/domain";
import { z } from "zod";

export const scopes = ["search", "write", "admin"] as const;
export type Scope = (typeof scopes)[number];

const nameSchema = z.string().min(1).max(256);
const listSchema = z.union([z.literal("*"), z.array(nameSchema).min(1).max(1024)]);

export const keyRecordSchema = z
  .strictObject({
    name: z.string().regex(/^[\w.@:-]{1,64}$/u, "letters, digits and _ . @ : -, 64 at most"),
    hash: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/u, "the base64url of a SHA-256: `tidemark keys hash` makes it"),
    scopes: z.array(z.enum(scopes)).min(1),
    tenants: listSchema,
    principals: listSchema.default("*"),
    sources: listSchema.default("*"),
  })
  .refine(({ scopes: held, tenants, principals, sources }) => {
    const unlimited = tenants === "*" && principals === "*" && sources === "*";
    return !held.includes("admin") || unlimited;
  }, 'an admin sees everything: tenants, principals and sources must be "*"')
  .refine(({ sources }) => sources === "*" || sources.every(isName), "sources must be names");
export type KeyRecord = z.infer<typeof keyRecordSchema>;

const keyPrefix = "tm_";
const keyEntropyBytes = 32;

/** A fresh key. Its 256 bits of chance are why a plain hash of it is enough. */
export function createKey(): string {
  return keyPrefix + randomBytes(keyEntropyBytes).toString("base64url");
}

export function hashKey(key: string): string {
  return digest(key).toString("base64url");
}

/** The record of a presented key, in a time that does not depend on which one matches. */
export function findKey(records: readonly KeyRecord[], presented: string): KeyRecord | null {
  const wanted = digest(presented);
  let found: KeyRecord | null = null;
  for (const record of records) {
    const kept = Buffer.from(record.hash, "base64url");
    if (kept.length === wanted.length && timingSafeEqual(kept, wanted)) found = record;
  }
  return found;
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function isName(name: string): boolean {
  try {
    return sourceName(name) === name;
  } catch {
    return false;
  }
}
