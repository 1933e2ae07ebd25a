/** A manifest as callers see it: permissions as they are written in a push, times as texts. */
import { metadataSchema, type Manifest, type Permissions } from "@tidemark/domain";
import { z } from "zod";
import { iso, isoOrNull } from "../instants.ts";

export const revisionSchema = z.object({ epoch: z.int(), position: z.int() });
const instant = z.iso.datetime();

export const permissionsWireSchema = z
  .union([z.literal("public"), z.literal("unknown"), z.array(z.string())])
  .meta({ description: "`unknown` is unreadable; a list names principals" });
export type PermissionsWire = z.infer<typeof permissionsWireSchema>;

const policySchema = z.object({ tenant: z.string(), permissions: permissionsWireSchema });

export const manifestWireSchema = z.object({
  seen: z
    .object({
      revision: revisionSchema,
      deleted: z.boolean(),
      archived: z.boolean(),
      policy: policySchema,
      metadata: metadataSchema,
      contentHash: z.string().nullable(),
      sourceTime: instant.nullable(),
      observedAt: instant,
      seenAt: instant,
    })
    .meta({ description: "The newest change known" }),
  indexed: z
    .object({
      revision: revisionSchema,
      policy: policySchema,
      contentHash: z.string(),
      fingerprint: z.string(),
      chunks: z.int(),
      failedChunks: z.int(),
      title: z.string().nullable(),
      characters: z.int(),
      sourceTime: instant.nullable(),
      createdAt: instant,
      updatedAt: instant,
      embeddedAt: instant,
    })
    .nullable()
    .meta({ description: "The revision whose content is live" }),
  failure: z
    .object({ revision: revisionSchema, reason: z.string(), message: z.string(), at: instant })
    .nullable(),
});
export type ManifestWire = z.infer<typeof manifestWireSchema>;

export function manifestToWire({ seen, indexed, failure }: Manifest): ManifestWire {
  return {
    seen: {
      revision: { ...seen.revision },
      deleted: seen.deleted,
      archived: seen.archived,
      policy: policyToWire(seen.policy),
      metadata: seen.metadata,
      contentHash: seen.contentHash,
      sourceTime: isoOrNull(seen.sourceTimeMs),
      observedAt: iso(seen.observedAtMs),
      seenAt: iso(seen.seenAtMs),
    },
    indexed: indexed && {
      revision: { ...indexed.revision },
      policy: policyToWire(indexed.policy),
      contentHash: indexed.contentHash,
      fingerprint: indexed.fingerprint,
      chunks: indexed.live.length,
      failedChunks: indexed.failedChunks,
      title: indexed.title,
      characters: indexed.characters,
      sourceTime: isoOrNull(indexed.sourceTimeMs),
      createdAt: iso(indexed.createdAtMs),
      updatedAt: iso(indexed.updatedAtMs),
      embeddedAt: iso(indexed.embeddedAtMs),
    },
    failure: failure && {
      revision: { ...failure.revision },
      reason: failure.reason,
      message: failure.message,
      at: iso(failure.atMs),
    },
  };
}

function policyToWire(policy: { readonly tenant: string; readonly permissions: Permissions }) {
  return { tenant: policy.tenant, permissions: permissionsToWire(policy.permissions) };
}

function permissionsToWire(permissions: Permissions): PermissionsWire {
  return permissions.kind === "only" ? [...permissions.principals] : permissions.kind;
}
