/**
 * Looks at what differed again, and once more: a fault is what two looks found alike, while all that
 * was under way at the first has been applied in between. What changed between them was only changing.
 */
import {
  classifyDocument,
  formatRevision,
  keyOf,
  type AuditedListing,
  type DocumentId,
  type FoundFault,
} from "@tidemark/domain";
import { PoisonError, TransientError } from "../errors.ts";
import { mapBounded } from "../map-bounded.ts";
import type { Suspect } from "../ports/audit-spool.ts";
import type { AuditedSource, AuditRun } from "./audit-run.ts";
import { until, untilPassed } from "./until-passed.ts";

const pageMax = 128;
const readsAtOnceMax = 4;
const looksMax = 5;

export interface SettledSuspects {
  readonly documentsRead: number;
  readonly changed: number;
  readonly undecided: number;
}

export async function settleSuspects(
  run: AuditRun,
  source: AuditedSource,
  isListed: boolean,
): Promise<SettledSuspects> {
  const { clock, fold, generation, log, settleMs, signal } = run;
  const counts = { documentsRead: 0, changed: 0 };
  for (let looks = 0; looks < looksMax && hasSuspects(run, source); looks += 1) {
    await fold.advance(signal);
    const waiting = { clock, signal, untilMs: clock.nowMs() + settleMs };
    if (!(await untilPassed(log, generation.id, { ...waiting, ends: fold.ends }))) break;
    const lookedAtMs = clock.nowMs();
    const isOfSource = await lookAtAll(run, source, isListed, counts);
    // What the source has and nobody has told of may still be told: its scan has a while to find it.
    if (isOfSource && looks === 0) {
      const told = () => (source.completeUpToMs() ?? 0) >= lookedAtMs;
      await until(told, { ...waiting, untilMs: clock.nowMs() + settleMs });
    }
  }
  let undecided = 0;
  for (const suspects of suspectPages(run, source)) undecided += suspects.length;
  return { ...counts, undecided };
}

/** @returns whether anything is left that only its source says */
async function lookAtAll(
  run: AuditRun,
  source: AuditedSource,
  isListed: boolean,
  counts: { documentsRead: number; changed: number },
): Promise<boolean> {
  const { signal, spool } = run;
  let isOfSource = false;
  for (const suspects of suspectPages(run, source)) {
    signal.throwIfAborted();
    const looks = await look(run, source, suspects, isListed);
    const settled: DocumentId[] = [];
    const faulty: { id: DocumentId; faults: readonly FoundFault[] }[] = [];
    const open: Suspect[] = [];
    for (const [at, found] of looks.entries()) {
      const before = suspects[at]?.observation ?? null;
      isOfSource ||= found.isOfSource;
      if (found.faults.length === 0) {
        settled.push(found.id);
        counts.changed += 1;
      } else if (before === found.observation) {
        settled.push(found.id);
        faulty.push({ id: found.id, faults: found.faults });
      } else open.push(found);
    }
    counts.documentsRead += looks.length;
    spool.putFaulty(faulty);
    spool.dropSuspects(settled);
    spool.putSuspects(open);
  }
  return isOfSource;
}

async function look(
  { generation, index, spool }: AuditRun,
  { from }: AuditedSource,
  suspects: readonly Suspect[],
  isListed: boolean,
): Promise<readonly (Suspect & { readonly isOfSource: boolean })[]> {
  const ids = suspects.map(({ id }) => id);
  const logged = spool.logged(ids);
  const stored = await index.indexedDocuments(generation.id, ids);
  const listings = await mapBounded(ids, readsAtOnceMax, (id) =>
    isListed && from ? listingOf(from, id) : Promise.resolve(unknown),
  );
  return ids.map((id, at) => {
    const seen = logged[at]?.seen ?? null;
    const document = stored[at] ?? nothingStored;
    const listing = listings[at] ?? unknown;
    const faults = classifyDocument({ id, listing, logged: seen, ...document }, generation);
    const observation = JSON.stringify([
      listing,
      seen && formatRevision(seen.revision),
      document.manifest?.token ?? null,
      faults,
    ]);
    const isOfSource = listing.kind !== "unknown" && differsAtSource(listing, seen);
    return { id, observation, faults, isOfSource };
  });
}

const unknown: AuditedListing = { kind: "unknown" };
const nothingStored = {
  manifest: null,
  strayManifests: 0,
  points: [],
  narrows: null,
  isNarrowedRight: true,
};

function differsAtSource(
  listing: AuditedListing,
  seen: { readonly deleted: boolean; readonly sourceDigest: string | null } | null,
): boolean {
  const isLive = seen !== null && !seen.deleted;
  if (listing.kind === "present") return !isLive || seen.sourceDigest !== listing.digest;
  return isLive;
}

/** As a listing would have it, asked for the one document. */
async function listingOf(
  from: NonNullable<AuditedSource["from"]>,
  id: DocumentId,
): Promise<AuditedListing> {
  try {
    const state = await from.read(keyOf(id));
    switch (state.kind) {
      case "found":
        return { kind: "present", digest: state.sourceDigest };
      case "gone":
      case "filtered":
        return { kind: "absent" };
      case "blocked":
        return unknown;
    }
  } catch (error) {
    if (error instanceof PoisonError) {
      return error.digest === null ? unknown : { kind: "present", digest: error.digest };
    }
    if (error instanceof TransientError) return unknown;
    throw error;
  }
}

function hasSuspects({ spool }: AuditRun, { name }: AuditedSource): boolean {
  return spool.suspects({ source: name, after: null, limit: 1 }).length > 0;
}

function* suspectPages(
  { spool }: AuditRun,
  { name }: AuditedSource,
): Generator<readonly Suspect[]> {
  let after: DocumentId | null = null;
  for (;;) {
    const page: readonly Suspect[] = spool.suspects({ source: name, after, limit: pageMax });
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.id;
  }
}
