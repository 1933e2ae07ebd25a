/**
 * The full scan: two listings in key order, the source's and the index's, and a hint for each key
 * in which they differ. It finds what watching and events missed, closes an epoch, and ends with a
 * marker: everything before its beginning is then complete.
 */
import {
  decideHold,
  documentId,
  keyOf,
  reconcile,
  type Difference,
  type GenerationId,
  type Hint,
  type HoldLimits,
  type KnownDocument,
  type ListedDocument,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { ReconcileReport } from "../operations.ts";
import type { DocumentSource } from "../ports/document-source.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Finding } from "../ports/source-watch.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import { hintsTopic } from "../topics.ts";
import { hintBatchMax, publishHints, publishMarker } from "./hints.ts";

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

const knownPageMax = 2_000;

/** Orphans are kept until the listing is whole: a listing that breaks off proves nothing. */
export async function scanSource(request: ScanRequest): Promise<ReconcileReport> {
  const { clock, index, generation, log, source, snapshot } = request;
  const beganAtMs = clock.nowMs();
  const counts = { listed: 0, missing: 0, stale: 0, orphaned: 0, known: 0 };
  const orphans: string[] = [];
  /** Where the two listings are: what differs is always the last that one of them gave. */
  let lastListed: ListedDocument | null = null;
  let lastKnown: (KnownDocument & { readonly revision: Revision }) | null = null;
  let batch: Hint[] = [];
  const hint = async (key: string, expects: Hint["expects"]) => {
    batch.push(hintOf(key, expects));
    if (batch.length < hintBatchMax) return;
    await publishHints(log, batch);
    batch = [];
  };
  let listable = true;
  try {
    const listed = countListed();
    const known = listKnown();
    for await (const difference of reconcile(listed, known)) {
      counts[difference.kind] += 1;
      request.found?.(findingOf(difference));
      if (difference.kind === "orphaned") orphans.push(difference.key);
      else await hint(difference.key, "present");
    }
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    listable = false;
  }
  if (listable && orphans.length > 0) listable = (await request.from.provesAbsence?.()) ?? true;
  const decision = decideHold({
    listable,
    inferred: orphans.length,
    known: counts.known,
    limits: request.limits,
    confirmed: request.confirmed,
  });
  const applied = decision.kind === "apply" ? orphans : [];
  for (const key of applied) await hint(key, "absent");
  await publishHints(log, batch);
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

  function findingOf({ key }: Difference): Finding {
    const known = lastKnown?.key === key ? lastKnown : null;
    return {
      key,
      before: known?.digest ?? null,
      now: lastListed?.key === key ? lastListed.digest : null,
      known: known?.revision ?? null,
    };
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
        // A snapshot states every document anew: no state that was seen under an older epoch counts.
        const isOld = snapshot && manifest.revision.epoch < request.epoch;
        const { deleted, documentId: id, revision, sourceDigest } = manifest;
        lastKnown = { key: keyOf(id), digest: isOld ? null : sourceDigest, deleted, revision };
        yield lastKnown;
      }
      const last = page.at(-1);
      if (!last || page.length < knownPageMax) return;
      after = last.documentId;
    }
  }
}
