/** Documents that are pushed: their log is their only copy, and their offset is their position. */
import {
  documentId,
  encodeMutation,
  mutationKey,
  positionOfOffset,
  sha256Hex,
  type DocumentId,
  type Facet,
  type Metadata,
  type MutationDraft,
  type Permissions,
  type SourceName,
} from "@tidemark/domain";
import type { Accepted, PushedDocument } from "../operations.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { mutationsTopic } from "../topics.ts";

export interface PushTarget {
  readonly source: SourceName;
  readonly epoch: number;
  /** Where a document names none. */
  readonly permissions: Permissions;
  readonly tenant: string;
}

export interface PushedKey {
  readonly key: string;
  readonly trace?: string | null;
}

/** When it resolves, the documents survive a loss of power. */
export async function pushDocuments(
  log: EventLog,
  clock: Clock,
  target: PushTarget,
  documents: readonly PushedDocument[],
): Promise<readonly Accepted[]> {
  return appendDrafts(
    log,
    documents.map((document) => ({
      ...draftOf(target, clock, document.key, document.trace ?? null),
      ...whole(target, document),
    })),
  );
}

export async function pushFacet(
  log: EventLog,
  clock: Clock,
  target: PushTarget,
  { key, trace = null }: PushedKey,
  facet: { readonly metadata: Metadata } | { readonly permissions: Permissions },
): Promise<Accepted> {
  const named: Facet =
    "metadata" in facet
      ? { facet: "metadata", metadata: facet.metadata }
      : { facet: "permissions", permissions: permissionsOf(facet.permissions) };
  const draft = {
    ...draftOf(target, clock, key, trace),
    ...nothing(target),
    kind: "facet" as const,
    facet: named,
  };
  return first(await appendDrafts(log, [draft]));
}

export async function pushDelete(
  log: EventLog,
  clock: Clock,
  target: PushTarget,
  { key, trace = null }: PushedKey,
): Promise<Accepted> {
  const draft = {
    ...draftOf(target, clock, key, trace),
    ...nothing(target),
    kind: "delete" as const,
  };
  return first(await appendDrafts(log, [draft]));
}

function draftOf(target: PushTarget, clock: Clock, key: string, trace: string | null) {
  return {
    source: target.source,
    documentId: documentId(target.source, key),
    epoch: target.epoch,
    position: null,
    observedAtMs: clock.nowMs(),
    reason: "change" as const,
    trace,
    problem: null,
    sourceDigest: null,
  };
}

function whole(target: PushTarget, document: PushedDocument) {
  const { content, contentType, archived, metadata, sourceTimeMs } = document;
  const isText = "text" in content;
  const bytes = isText ? content.text : content.base64;
  return {
    kind: "upsert" as const,
    tenant: document.tenant ?? target.tenant,
    permissions: document.permissions ?? target.permissions,
    archived,
    metadata,
    sourceTimeMs,
    body: {
      content: isText
        ? { kind: "text" as const, text: content.text }
        : { kind: "bytes" as const, base64: content.base64 },
      contentHash: sha256Hex(contentType ?? "", isText ? "text" : "bytes", bytes).slice(0, 32),
      contentType,
      fileName: document.key,
      sizeBytes: isText ? Buffer.byteLength(bytes) : Buffer.byteLength(bytes, "base64"),
    },
  };
}

function nothing(target: PushTarget) {
  return {
    tenant: target.tenant,
    permissions: { kind: "unknown" as const },
    archived: false,
    metadata: {},
    sourceTimeMs: null,
    body: null,
  };
}

function permissionsOf(
  permissions: Permissions,
): Extract<Facet, { facet: "permissions" }>["permissions"] {
  return permissions.kind === "only"
    ? { kind: "only", principals: [...permissions.principals] }
    : permissions;
}

async function appendDrafts(
  log: EventLog,
  drafts: readonly MutationDraft[],
): Promise<readonly Accepted[]> {
  const appended = await log.append(
    mutationsTopic,
    drafts.map((draft) => ({
      key: mutationKey(draft),
      partitionKey: draft.documentId,
      value: encodeMutation(draft),
      trace: draft.trace,
    })),
    { durable: true },
  );
  return appended.map(({ offset }, at) => {
    const { documentId: id, epoch } = drafts[at] as { documentId: DocumentId; epoch: number };
    return { documentId: id, revision: { epoch, position: positionOfOffset(offset) } };
  });
}

function first(accepted: readonly Accepted[]): Accepted {
  const [only] = accepted;
  if (!only) throw new Error("the log answered no offset");
  return only;
}
