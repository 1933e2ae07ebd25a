/**
 * Decides how a manifest advances. The restrictor advances what is seen, the upserter what is
 * indexed, a delete both. Nothing is ever lowered: whoever comes late finds its revision passed.
 */
import type { DocumentId, PointDigest, Token } from "./ids.ts";
import { sourceOf } from "./ids.ts";
import type { Failure, Indexed, Manifest, Seen } from "./manifest.ts";
import { sameMetadata } from "./metadata.ts";
import type { Mutation } from "./mutation.ts";
import { samePolicy, unreadable } from "./policy.ts";
import { compareRevisions, isNewer, zeroRevision, type Revision } from "./revision.ts";

/** The manifest of a document of which nothing is known yet. */
export function stubManifest(documentId: DocumentId, token: Token): Manifest {
  return {
    documentId,
    source: sourceOf(documentId),
    token,
    seen: {
      revision: zeroRevision,
      offset: -1,
      deleted: true,
      archived: false,
      policy: unreadable,
      metadata: {},
      contentHash: null,
      sourceDigest: null,
      sourceTimeMs: null,
      observedAtMs: 0,
      seenAtMs: 0,
    },
    indexed: null,
    failure: null,
    copied: zeroRevision,
  };
}

export type SeenPlan =
  | { readonly kind: "advance"; readonly manifest: Manifest; readonly emptied: boolean }
  /** Passed before, or a facet of a document that is not there. */
  | { readonly kind: "superseded" }
  /** The log's newest record is not the newest state: the source must state it again. */
  | { readonly kind: "displaced" };

/**
 * What a mutation makes of the seen half.
 *
 *   its revision   its offset    content and policy   outcome
 *   newer          any           any                  advance
 *   older, equal   larger        the same             superseded: it states what is known
 *   older, equal   larger        different            displaced: a zombie appended it late
 *   older, equal   not larger    any                  superseded: a redelivery
 *
 * A facet carries one part alone. It can be displaced only by an epoch and is then the source's to
 * state again like the rest. What states the same is never asked for again: two resolvers at once
 * would displace each other's records without end.
 */
export function planSeen(
  current: Manifest,
  mutation: Mutation,
  input: { readonly token: Token; readonly nowMs: number },
): SeenPlan {
  const isStub = current.seen.offset < 0;
  const order = compareRevisions(mutation.revision, current.seen.revision);
  if (order < 0 || (order === 0 && !isStub)) {
    const isLate = mutation.offset > current.seen.offset;
    const displaced = isLate && !statesTheSame(current.seen, mutation);
    return { kind: displaced ? "displaced" : "superseded" };
  }
  const seen = seenAfter(current.seen, mutation, input.nowMs);
  if (!seen) return { kind: "superseded" };
  const emptied = seen.deleted;
  const indexed = emptied
    ? emptyIndexed(current.indexed, seen, input.nowMs)
    : follow(seen, current.indexed, input.nowMs);
  const failure =
    problemOf(mutation, input.nowMs) ?? failureAfter(failureWith(mutation, current), indexed);
  return {
    kind: "advance",
    manifest: { ...current, token: input.token, seen, indexed, failure },
    emptied,
  };
}

/** A mutation may say itself that its document cannot be indexed. */
function problemOf(mutation: Mutation, nowMs: number): Failure | null {
  if (mutation.kind === "unreadable") {
    const { problem, revision } = mutation;
    return { revision, reason: "unreadable-event", message: problem, atMs: nowMs };
  }
  return mutation.problem && { revision: mutation.revision, ...mutation.problem, atMs: nowMs };
}

/** A facet brings no content, so that what was wrong with the content still is. */
function failureWith(mutation: Mutation, { failure, seen }: Manifest): Failure | null {
  const isContentOf =
    mutation.kind === "facet" &&
    failure !== null &&
    compareRevisions(failure.revision, seen.revision) === 0;
  return isContentOf ? { ...failure, revision: mutation.revision } : failure;
}

/**
 * The seen half made again from what the log holds of the document, for a manifest that says otherwise
 * at the same revision; `logged` is null where the log holds nothing. Null where that is older than
 * what was seen: nothing is ever lowered.
 */
export function planSeenAgain(
  current: Manifest,
  logged: Seen | null,
  input: { readonly token: Token; readonly nowMs: number },
): { readonly manifest: Manifest; readonly emptied: boolean } | null {
  const { nowMs, token } = input;
  const seen = logged ? { ...logged, seenAtMs: nowMs } : forgotten(current.seen, nowMs);
  if (isNewer(current.seen.revision, seen.revision)) return null;
  const { indexed } = current;
  const emptied = seen.deleted;
  if (emptied) {
    const empty = emptyIndexed(indexed, seen, nowMs);
    return { manifest: { ...current, token, seen, indexed: empty, failure: null }, emptied };
  }
  const isLive =
    indexed !== null &&
    indexed.contentHash === seen.contentHash &&
    !isNewer(indexed.revision, seen.revision);
  const followed = isLive
    ? { ...indexed, revision: seen.revision, policy: seen.policy, updatedAtMs: nowMs }
    : indexed;
  return { manifest: { ...current, token, seen, indexed: followed }, emptied };
}

function forgotten(seen: Seen, nowMs: number): Seen {
  return {
    ...seen,
    deleted: true,
    archived: false,
    policy: unreadable,
    metadata: {},
    contentHash: null,
    sourceDigest: null,
    seenAtMs: nowMs,
  };
}

function statesTheSame(seen: Seen, mutation: Mutation): boolean {
  switch (mutation.kind) {
    case "facet": {
      const { facet } = mutation;
      if (seen.deleted) return true;
      return facet.facet === "metadata"
        ? sameMetadata(seen.metadata, facet.metadata)
        : samePolicy(seen.policy, { ...seen.policy, permissions: facet.permissions });
    }
    case "unreadable":
      return seen.policy.permissions.kind === "unknown";
    case "delete":
      return seen.deleted;
    case "upsert":
      return (
        !seen.deleted &&
        seen.contentHash === (mutation.body?.contentHash ?? null) &&
        seen.sourceDigest === mutation.sourceDigest &&
        seen.archived === mutation.archived &&
        samePolicy(seen.policy, mutation) &&
        sameMetadata(seen.metadata, mutation.metadata)
      );
  }
}

/** Null when a facet has no document to be a part of. */
export function seenAfter(before: Seen, mutation: Mutation, nowMs: number): Seen | null {
  const passed = { revision: mutation.revision, offset: mutation.offset, seenAtMs: nowMs };
  switch (mutation.kind) {
    case "facet": {
      if (before.deleted) return null;
      const part =
        mutation.facet.facet === "metadata"
          ? { metadata: mutation.facet.metadata }
          : { policy: { tenant: before.policy.tenant, permissions: mutation.facet.permissions } };
      return {
        ...before,
        ...part,
        ...passed,
        sourceTimeMs: mutation.sourceTimeMs,
        observedAtMs: mutation.observedAtMs,
      };
    }
    case "unreadable":
      return {
        ...passed,
        deleted: false,
        archived: mutation.archived,
        policy: { tenant: mutation.tenant, permissions: { kind: "unknown" } },
        metadata: {},
        contentHash: null,
        sourceDigest: null,
        sourceTimeMs: null,
        observedAtMs: nowMs,
      };
    case "delete":
    case "upsert": {
      const deleted = mutation.kind === "delete";
      return {
        ...passed,
        deleted,
        archived: mutation.archived,
        policy: deleted
          ? { tenant: mutation.tenant, permissions: { kind: "unknown" } }
          : { tenant: mutation.tenant, permissions: mutation.permissions },
        metadata: deleted ? {} : mutation.metadata,
        contentHash: mutation.body?.contentHash ?? null,
        sourceDigest: deleted ? null : mutation.sourceDigest,
        sourceTimeMs: mutation.sourceTimeMs,
        observedAtMs: mutation.observedAtMs,
      };
    }
  }
}

/** A delete advances both halves and empties the list, or an upsert in flight would fill it again. */
function emptyIndexed(before: Indexed | null, seen: Seen, nowMs: number): Indexed {
  return {
    revision: seen.revision,
    policy: seen.policy,
    contentHash: "",
    fingerprint: before?.fingerprint ?? "",
    live: [],
    title: null,
    characters: 0,
    failedChunks: 0,
    sourceTimeMs: seen.sourceTimeMs,
    observedAtMs: seen.observedAtMs,
    createdAtMs: before?.createdAtMs ?? nowMs,
    updatedAtMs: nowMs,
    embeddedAtMs: before?.embeddedAtMs ?? 0,
  };
}

/** Where the newest content is the live one, the indexed half follows at once, policy and all. */
function follow(seen: Seen, indexed: Indexed | null, nowMs: number): Indexed | null {
  if (!indexed || seen.contentHash === null || indexed.contentHash !== seen.contentHash) {
    return indexed;
  }
  if (!isNewer(seen.revision, indexed.revision)) return indexed;
  return {
    ...indexed,
    revision: seen.revision,
    policy: seen.policy,
    sourceTimeMs: seen.sourceTimeMs,
    observedAtMs: seen.observedAtMs,
    updatedAtMs: nowMs,
  };
}

function failureAfter(failure: Failure | null, indexed: Indexed | null): Failure | null {
  return failure && indexed && compareRevisions(failure.revision, indexed.revision) <= 0
    ? null
    : failure;
}

export type ApplyDecision = "apply" | "superseded" | "unchanged";

/**
 *   indexed revision   forced   outcome
 *   none or older      any      apply
 *   equal              no       unchanged: the same again
 *   equal              yes      apply: points are verified and rewritten
 *   newer              any      superseded
 *   newer, same text   yes      apply: it has followed facets, and the newest state still is this text
 */
export function decideApply(
  current: Manifest,
  revision: Revision,
  options: { readonly forced: boolean; readonly contentHash?: string },
): ApplyDecision {
  const { indexed, seen } = current;
  if (!indexed) return "apply";
  const order = compareRevisions(indexed.revision, revision);
  if (order > 0) {
    const { contentHash, forced } = options;
    const isText = indexed.contentHash === contentHash && seen.contentHash === contentHash;
    return forced && isText && contentHash !== undefined ? "apply" : "superseded";
  }
  if (order < 0 || options.forced) return "apply";
  return "unchanged";
}

/** The content of one revision, ready to be made live. */
export interface IndexedContent {
  readonly mutation: Extract<Mutation, { kind: "upsert" }>;
  readonly contentHash: string;
  readonly fingerprint: string;
  readonly live: readonly PointDigest[];
  readonly title: string | null;
  readonly characters: number;
  readonly failedChunks: number;
  readonly embedded: boolean;
}

/**
 * The manifest that makes a revision live; only to be asked when `decideApply` says apply. The
 * seen half advances too when the restrictor has not come so far.
 */
export function planIndexed(
  current: Manifest,
  content: IndexedContent,
  input: { readonly token: Token; readonly nowMs: number },
): Manifest {
  const { mutation, contentHash } = content;
  const passed = isNewer(mutation.revision, current.seen.revision);
  // A mutation reaches the upserter without its content: what it states is known by its hash.
  const advanced = passed ? seenAfter(current.seen, mutation, input.nowMs) : null;
  const seen = advanced ? { ...advanced, contentHash } : current.seen;
  const before = current.indexed;
  const indexed = follow(
    seen,
    {
      revision: mutation.revision,
      policy: { tenant: mutation.tenant, permissions: mutation.permissions },
      contentHash,
      fingerprint: content.fingerprint,
      live: content.live,
      title: content.title,
      characters: content.characters,
      failedChunks: content.failedChunks,
      sourceTimeMs: mutation.sourceTimeMs,
      observedAtMs: mutation.observedAtMs,
      createdAtMs: before && before.contentHash !== "" ? before.createdAtMs : input.nowMs,
      updatedAtMs: input.nowMs,
      embeddedAtMs: content.embedded || !before ? input.nowMs : before.embeddedAtMs,
    },
    input.nowMs,
  );
  const failure = failureAfter(current.failure, indexed);
  return { ...current, token: input.token, seen, indexed, failure };
}

/**
 * Notes that a revision was set aside. Older failures and revisions that are live stay. Where the
 * newest state seen has the same content, it is that which has failed.
 */
export function planFailure(
  current: Manifest,
  told: Failure,
  input: { readonly token: Token; readonly contentHash?: string | null },
): Manifest | null {
  const { indexed, seen } = current;
  const isNewest =
    typeof input.contentHash === "string" &&
    input.contentHash === seen.contentHash &&
    isNewer(seen.revision, told.revision);
  const failure = isNewest ? { ...told, revision: seen.revision } : told;
  if (indexed && compareRevisions(indexed.revision, failure.revision) >= 0) return null;
  if (current.failure && isNewer(current.failure.revision, failure.revision)) return null;
  return { ...current, token: input.token, failure };
}

/** The policies and facts a reader needs are those of both halves: the strictest wins. */
export function policiesOf(manifest: Manifest): readonly Seen["policy"][] {
  return manifest.indexed ? [manifest.seen.policy, manifest.indexed.policy] : [unreadable];
}
