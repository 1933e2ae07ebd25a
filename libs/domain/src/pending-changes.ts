/**
 * Changes that somebody made and that cannot be found yet, as far as the log tells: a hint, then a
 * mutation, then chunks, then a receipt. A change is decided once: in time when its receipt says so,
 * late the moment its target passes. Bounded in number: what comes past the bound is decided when it
 * is done, by its receipt alone.
 */
import { changedAtMs } from "./freshness.ts";
import type { Hint } from "./hint.ts";
import type { DocumentId, SourceName } from "./ids.ts";
import type { Manifest } from "./manifest.ts";
import type { Mutation } from "./mutation.ts";
import type { Receipt } from "./receipt.ts";
import { ToldStates } from "./told-states.ts";
import { compareRevisions, positionOfOffset, type Revision } from "./revision.ts";

export type ChangeKind = "change" | "restriction";
/** How far a change has come: what it waits for next. */
export type PendingStage = "observe" | "queue" | "embed";

export interface PendingChange {
  readonly documentId: DocumentId;
  readonly source: SourceName;
  /** Null while only a hint tells of it. */
  readonly tenant: string | null;
  readonly kind: ChangeKind;
  readonly stage: PendingStage;
  readonly beganAtMs: number;
  readonly revision: Revision;
  readonly contentHash: string | null;
  readonly isLate: boolean;
  /** Read again after a restart: if it is done, its receipt was counted or is still to come. */
  readonly isRecalled: boolean;
  /** Where its mutation stands; null while only a hint tells of it. */
  readonly place: LogPlace | null;
}

export interface LogPlace {
  readonly partition: number;
  readonly offset: number;
}

export interface Decision {
  readonly source: SourceName;
  readonly tenant: string | null;
  readonly kind: ChangeKind;
  readonly outcome: "good" | "late";
  readonly atMs: number;
  /** Null for one that is not done yet. */
  readonly lagMs: number | null;
}

export interface PendingOptions {
  readonly changesMax: number;
  /** How long a change of the kind may take. */
  readonly withinMs: (of: Pick<PendingChange, "kind" | "source" | "tenant">) => number;
  /** What had passed its target by then was decided before, by whoever kept these before. */
  readonly decidedToMs: number;
}

type Held = { -readonly [Name in keyof PendingChange]: PendingChange[Name] };

/** Snapshots, replays and repairs change nothing that anybody waits for. */
const live: ReadonlySet<string> = new Set(["change", "reconcile"]);
const found: ReadonlySet<string> = new Set(["indexed", "unchanged", "hidden", "deleted"]);
const facets: ReadonlySet<string> = new Set(["metadata", "permissions"]);
/** Changes of one document that are kept apart; the newest is always among them. */
const ofDocumentMax = 8;

export class PendingChanges {
  readonly #options: PendingOptions;
  readonly #documents = new Map<string, Held[]>();
  readonly #told: ToldStates;
  /** Whether what is read was there before whoever reads it. */
  isRecalling = false;
  #count = 0;
  #left = 0;

  constructor(options: PendingOptions) {
    this.#options = options;
    this.#told = new ToldStates(options.changesMax);
  }

  get count(): number {
    return this.#count;
  }

  /** How many were not kept, because there were too many. */
  get leftOut(): number {
    return this.#left;
  }

  hinted(hint: Hint, offset: number, nowMs: number): void {
    if (!live.has(hint.reason)) return;
    const isRestriction = hint.expects === "absent" || hint.expects === "policy";
    this.#add({
      documentId: hint.documentId,
      source: hint.source,
      tenant: null,
      kind: isRestriction ? "restriction" : "change",
      stage: "observe",
      beganAtMs: beganAt(hint, nowMs),
      revision: { epoch: hint.epoch, position: positionOfOffset(offset) },
      contentHash: null,
      place: null,
    });
  }

  /** Takes the place of the hints that it was read for. */
  mutated(mutation: Mutation, place: LogPlace, nowMs: number): void {
    const hinted = this.#take(
      mutation.documentId,
      (each) => each.stage === "observe" && isUpTo(each.revision, mutation.revision),
    );
    if (mutation.kind === "unreadable" || !live.has(mutation.reason)) return;
    // Whoever watches a source and whoever lists it may both tell of one change.
    if (this.#told.isRepeated(mutation)) return;
    const { documentId, revision, source, tenant } = mutation;
    const isUpsert = mutation.kind === "upsert" && !mutation.archived;
    const began = [beganAt(mutation, nowMs), ...hinted.map(({ beganAtMs }) => beganAtMs)];
    const isLate = hinted.some((each) => each.isLate);
    const contentHash = mutation.kind === "upsert" ? (mutation.body?.contentHash ?? null) : null;
    const kind = isUpsert ? "change" : "restriction";
    const beganAtMs = Math.min(...began);
    const stage = "queue";
    const facts = { documentId, source, tenant, kind, stage, revision, contentHash } as const;
    const held = this.#add({ ...facts, beganAtMs, place });
    if (held && isLate) held.isLate = true;
  }

  /** What the chunker has passed, by partition of the mutations: all before it is cut. */
  chunkedTo(passed: ReadonlyMap<number, number>): void {
    for (const held of this.#documents.values()) {
      for (const each of held) {
        const { place } = each;
        if (place && place.offset < (passed.get(place.partition) ?? 0)) each.stage = "embed";
      }
    }
  }

  /** What the receipt decides, once for each change. */
  received(receipt: Receipt): readonly Decision[] {
    const isFound = found.has(receipt.outcome);
    if (!isFound && receipt.outcome !== "superseded" && receipt.outcome !== "failed") return [];
    const kind = receipt.change === "content" ? "change" : "restriction";
    const isFacet = receipt.outcome === "hidden" && facets.has(receipt.reason);
    const done = this.#take(
      receipt.documentId,
      (each) =>
        each.stage !== "observe" &&
        isUpTo(each.revision, receipt.revision) &&
        // Content that was put before a part was replaced is still on its way.
        !(isFacet && each.kind === "change"),
    );
    // What can never be found is told among the failures, and spends no budget.
    if (receipt.outcome === "failed") return [];
    if (done.length === 0) return isFound ? this.#untold(receipt, kind) : [];
    return done.flatMap((each) => {
      // Whether new content came with it is known now.
      const isNewest = compareRevisions(each.revision, receipt.revision) === 0;
      return this.#decide(isNewest && isFound ? { ...each, kind } : each, receipt.atMs);
    });
  }

  /** Those that should have been done by now: what nobody has decided first, then by age. */
  due(nowMs: number, most: number): readonly PendingChange[] {
    const soonest = (each: Held) =>
      each.stage === "queue" && each.contentHash !== null
        ? Math.min(this.#withinMs(each), this.#withinMs({ ...each, kind: "restriction" }))
        : this.#withinMs(each);
    const due: Held[] = [];
    for (const held of this.#documents.values()) {
      for (const each of held) {
        if (nowMs - each.beganAtMs > soonest(each)) due.push(each);
      }
    }
    const order = (each: Held) => (each.isLate ? 1 : 0);
    return due.sort((a, b) => order(a) - order(b) || a.beganAtMs - b.beganAtMs).slice(0, most);
  }

  /**
   * What the index knows of one that is due; undefined where it knows nothing, null where it could not
   * be asked. A receipt may be lost, and only the index says whether new content came with a change.
   */
  examined(
    change: PendingChange,
    manifest: Manifest | undefined | null,
    nowMs: number,
  ): readonly Decision[] {
    const held = this.#documents
      .get(change.documentId)
      ?.find((each) => each === change || compareRevisions(each.revision, change.revision) === 0);
    if (!held) return [];
    if (manifest && isDone(held, manifest)) {
      this.#take(held.documentId, (each) => each === held);
      if (held.isRecalled || isFailed(held, manifest)) return [];
      return this.#decide(held, Math.min(nowMs, doneAtMs(held, manifest)));
    }
    const { contentHash } = held;
    if (manifest && contentHash !== null && manifest.indexed?.contentHash === contentHash) {
      // Nothing is to be embedded: who may read it has changed, or what is said of it.
      held.kind = "restriction";
    }
    if (held.isLate || nowMs - held.beganAtMs <= this.#withinMs(held)) return [];
    held.isLate = true;
    return this.#wasDecided(held)
      ? []
      : [{ ...facts(held), outcome: "late", atMs: nowMs, lagMs: null }];
  }

  /** By source or by tenant, whatever is asked for. */
  list(): Iterable<PendingChange> {
    return [...this.#documents.values()].flat();
  }

  /** Nothing is known any more. */
  clear(): void {
    this.#documents.clear();
    this.#told.clear();
    this.#count = 0;
  }

  #add(change: Omit<PendingChange, "isLate" | "isRecalled">): Held | null {
    const held = this.#documents.get(change.documentId) ?? [];
    const same = held.find((each) => compareRevisions(each.revision, change.revision) === 0);
    if (same) return same;
    const isFull = this.#count >= this.#options.changesMax;
    if (isFull && held.length === 0) {
      this.#left += 1;
      return null;
    }
    const added = { ...change, isLate: false, isRecalled: this.isRecalling };
    const last = held.at(-1);
    if (last && (isFull || held.length >= ofDocumentMax)) {
      // Waits since the first of them.
      Object.assign(last, added, { beganAtMs: last.beganAtMs, isLate: last.isLate });
      return last;
    }
    held.push(added);
    this.#count += 1;
    this.#documents.set(change.documentId, held);
    return added;
  }

  #take(id: string, isMeant: (each: Held) => boolean): readonly Held[] {
    const held = this.#documents.get(id);
    if (!held) return [];
    const taken = held.filter(isMeant);
    if (taken.length === 0) return [];
    const kept = held.filter((each) => !taken.includes(each));
    this.#count -= taken.length;
    if (kept.length === 0) this.#documents.delete(id);
    else this.#documents.set(id, kept);
    return taken;
  }

  #decide(change: PendingChange, atMs: number): readonly Decision[] {
    const lagMs = Math.max(0, atMs - change.beganAtMs);
    if (change.isLate || this.#wasDecided(change)) return [];
    const outcome = lagMs <= this.#withinMs(change) ? "good" : "late";
    return [{ ...facts(change), outcome, atMs, lagMs }];
  }

  /** One that was not kept, or was done before anybody looked. */
  #untold(receipt: Receipt, kind: ChangeKind): readonly Decision[] {
    const { observedAtMs, reason, sourceTimeMs } = receipt;
    const isLive = live.has(reason) || receipt.outcome === "hidden";
    // Who embeds says so of what whoever restricts has told of already.
    const isNothing = receipt.outcome === "unchanged" && receipt.change === "content";
    if (observedAtMs === null || !isLive || isNothing || this.#told.wasRepeated(receipt)) return [];
    const began = beganAt({ observedAtMs, sourceTimeMs, reason }, receipt.atMs);
    const { source, tenant } = receipt;
    const change = { source: source as SourceName, tenant, kind, beganAtMs: began, isLate: false };
    return this.#decide(change as PendingChange, receipt.atMs);
  }

  #wasDecided(change: PendingChange): boolean {
    return change.beganAtMs + this.#withinMs(change) <= this.#options.decidedToMs;
  }

  #withinMs(change: PendingChange): number {
    return this.#options.withinMs(change);
  }
}

function beganAt(
  change: {
    readonly sourceTimeMs: number | null;
    readonly observedAtMs: number;
    readonly reason: string;
  },
  nowMs: number,
): number {
  // A clock that is ahead of this one must not make a change wait for longer than it may.
  return Math.min(nowMs, changedAtMs({ ...change, isChange: live.has(change.reason) }));
}

function isUpTo(revision: Revision, bound: Revision): boolean {
  return compareRevisions(revision, bound) <= 0;
}

function isDone(change: PendingChange, manifest: Manifest): boolean {
  const { indexed, seen } = manifest;
  const isSeen = isUpTo(change.revision, seen.revision);
  if (isSeen && (seen.deleted || seen.archived || change.kind === "restriction")) return true;
  if (isFailed(change, manifest)) return true;
  return indexed !== null && isUpTo(change.revision, indexed.revision);
}

function doneAtMs({ beganAtMs, kind }: PendingChange, { indexed, seen }: Manifest): number {
  const isSeen = kind === "restriction" || seen.deleted || seen.archived || !indexed;
  return Math.max(beganAtMs, isSeen ? seen.seenAtMs : indexed.updatedAtMs);
}

function isFailed(change: PendingChange, { failure, indexed }: Manifest): boolean {
  if (!failure || !isUpTo(change.revision, failure.revision)) return false;
  return !indexed || !isUpTo(change.revision, indexed.revision);
}

function facts({ kind, source, tenant }: PendingChange) {
  return { kind, source, tenant };
}
