/**
 * The full scan: two listings in key order, the source's and the index's, and a hint for each key
 * in which they differ. It finds what watching and events missed, closes an epoch, and ends with a
 * marker: everything before its beginning is then complete.
 */
import {
  decideHold,
  differenceOf,
  documentId,
  keyOf,
  reconcile,
  type GenerationId,
  type Hint,
  type HoldLimits,
  type KnownDocument,
  type ListedDocument,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import { listedManifest } from "../commit/list-manifests.ts";
import { TransientError } from "../errors.ts";
import type { ReconcileReport } from "../operations.ts";
import type { DocumentSource } from "../ports/document-source.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Finding } from "../ports/source-watch.ts";
import type { ListedManifest, VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import { hintsTopic } from "../topics.ts";
import { hintBatchMax, publishHints, publishMarker, untilRoom } from "./hints.ts";

export interface ScanRequest {
  readonly source: SourceName;
  readonly from: DocumentSource;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly generation: GenerationId;
  readonly clock: Clock;
  readonly epoch: number;
  /** Every listed key is hinted, and what is not listed is closed. */
  readonly snapshot: boolean;
  readonly limits: HoldLimits;
  /** How many deletes were shown to whoever confirms them; null without. */
  readonly confirmed: number | null;
  /** Called for every difference, also for what a listing that breaks off later seems to lack. */
  readonly found?: (finding: Finding) => void;
  readonly signal?: AbortSignal;
}

type Known = KnownDocument & { readonly revision: Revision };

/** A key in which the two listings differ, as the source lists it; null where it does not. */
interface Suspect {
  readonly key: string;
  readonly listed: ListedDocument | null;
}

const knownPageMax = 2_000;

/** Orphans are kept until the listing is whole: a listing that breaks off proves nothing. */
export async function scanSource(request: ScanRequest): Promise<ReconcileReport> {
  const { clock, index, generation, log, source, snapshot } = request;
  const beganAtMs = clock.nowMs();
  const counts = { listed: 0, missing: 0, stale: 0, orphaned: 0, known: 0 };
  const orphans: string[] = [];
  /** Where the source's listing is: what differs is the last that one of them gave. */
  let lastListed: ListedDocument | null = null;
  let suspects: Suspect[] = [];
  let listable = true;
  try {
    for await (const { key } of reconcile(countListed(), listKnown())) {
      suspects.push(suspectOf(key));
      if (suspects.length >= hintBatchMax) await settle();
    }
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    listable = false;
  }
  await settle();
  if (listable && orphans.length > 0) listable = (await request.from.provesAbsence?.()) ?? true;
  const decision = decideHold({
    listable,
    inferred: orphans.length,
    known: counts.known,
    limits: request.limits,
    confirmed: request.confirmed,
  });
  const applied = decision.kind === "apply" ? orphans : [];
  await publishHints(
    log,
    applied.map((key) => hintOf(key, "absent")),
  );
  if (listable) {
    const marker = { source, producer: "scan", completeToMs: beganAtMs };
    await publishMarker(log, hintsTopic, marker);
  }
  return {
    source,
    listed: counts.listed,
    missing: counts.missing,
    stale: counts.stale,
    orphaned: counts.orphaned,
    held: decision.kind === "hold" ? orphans.length : 0,
    heldReason: decision.kind === "hold" ? decision.reason : null,
    applied: applied.length,
    tookMs: clock.nowMs() - beganAtMs,
  };

  function hintOf(key: string, expects: Hint["expects"]): Hint {
    return {
      source,
      documentId: documentId(source, key),
      epoch: request.epoch,
      expects,
      reason: snapshot ? "snapshot" : "reconcile",
      sourceTimeMs: null,
      observedAtMs: beganAtMs,
      trace: null,
    };
  }

  function suspectOf(key: string): Suspect {
    return { key, listed: lastListed?.key === key ? lastListed : null };
  }

  /**
   * Counts and hints what differs still. An index may list itself as it was a while ago: what was
   * applied meanwhile is no difference, and nothing missed it.
   */
  async function settle(): Promise<void> {
    const settling = suspects;
    suspects = [];
    if (settling.length === 0) return;
    const manifests = await index.manifests(
      generation,
      settling.map(({ key }) => documentId(source, key)),
    );
    const hints: Hint[] = [];
    for (const [at, { key, listed }] of settling.entries()) {
      const manifest = manifests[at];
      const known = manifest ? knownOf(listedManifest(manifest)) : null;
      const difference = differenceOf(listed, known);
      if (!difference) continue;
      counts[difference.kind] += 1;
      request.found?.({
        key,
        before: known?.digest ?? null,
        now: listed?.digest ?? null,
        known: known?.revision ?? null,
      });
      if (difference.kind === "orphaned") orphans.push(key);
      else hints.push(hintOf(key, "present"));
    }
    if (hints.length > 0) await untilRoom(request, request.signal);
    await publishHints(log, hints);
  }

  function knownOf({ deleted, documentId: id, revision, sourceDigest }: ListedManifest): Known {
    // A snapshot states every document anew: no state that was seen under an older epoch counts.
    const isOld = snapshot && revision.epoch < request.epoch;
    return { key: keyOf(id), digest: isOld ? null : sourceDigest, deleted, revision };
  }

  async function* countListed() {
    for await (const document of request.from.list(request.signal)) {
      counts.listed += 1;
      lastListed = document;
      yield document;
    }
  }

  async function* listKnown(): AsyncGenerator<KnownDocument> {
    let after = null;
    while (true) {
      const page = await index.listManifests(generation, source, { after, limit: knownPageMax });
      for (const manifest of page) {
        if (!manifest.deleted) counts.known += 1;
        yield knownOf(manifest);
      }
      const last = page.at(-1);
      if (!last || page.length < knownPageMax) return;
      after = last.documentId;
    }
  }
}
