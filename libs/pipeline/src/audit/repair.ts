/**
 * Has what an audit found mended, by those who keep the documents anyway: a source is asked to state
 * a document again, a pushed one is restricted and chunked again from its records, and points that no
 * manifest lists are swept, with manifests that nobody reads. Slowly, and only while the pipeline is well.
 */
import {
  digestOf,
  newerOf,
  zeroRevision,
  type AuditRepair,
  type AuditedPoint,
  type DocumentId,
  type FoundFault,
  type Revision,
  type Token,
} from "@tidemark/domain";
import type { UpsertMutation } from "../chunk-record.ts";
import type { LoggedState } from "../ports/audit-spool.ts";
import type { IndexedDocument } from "../ports/audited-index.ts";
import type { SourceLineView } from "../service/served-source.ts";
import { Pace } from "../stages/pace.ts";
import { restrictAgain } from "../stages/restrict-again.ts";
import type { AuditedSource, AuditRun } from "./audit-run.ts";
import { newestBody } from "./newest-body.ts";

export interface RepairOptions {
  readonly dryRun: boolean;
  /** Documents a second at most. */
  readonly perSecond: number;
  /** Null for a pushed source. */
  readonly line: Pick<SourceLineView, "hint"> | null;
  readonly rechunk: (mutation: UpsertMutation) => Promise<void>;
  readonly token: () => Token;
  /** Why nothing may be repaired now; null when it may. */
  readonly refusal: () => Promise<string | null>;
}

/** It is asked anew before so many more. */
const documentsPerAsking = 32;

type Counts = { -readonly [name in "restated" | "replayed" | "swept" | "left"]: number };

export async function repairFaulty(
  run: AuditRun,
  source: AuditedSource,
  options: RepairOptions,
): Promise<AuditRepair> {
  const { clock, signal, spool } = run;
  const { dryRun, perSecond } = options;
  const pace = new Pace(clock);
  pace.set(perSecond);
  const counts: Counts = { restated: 0, replayed: 0, swept: 0, left: 0 };
  let documents = 0;
  let after: DocumentId | null = null;
  for (;;) {
    const faulty: readonly { id: DocumentId; faults: readonly FoundFault[] }[] = spool.faulty({
      source: source.name,
      after,
      limit: documentsPerAsking,
    });
    const last = faulty.at(-1);
    if (!last) return { dryRun, refused: null, documents, ...counts };
    const refused = await options.refusal();
    if (refused !== null) return { dryRun, refused, documents, ...counts };
    for (const { id, faults } of faulty) {
      documents += 1;
      if (!dryRun) await pace.next(signal);
      await repairDocument(run, { id, faults }, options, counts);
    }
    after = last.id;
  }
}

async function repairDocument(
  { clock, generation, index, log, spool }: AuditRun,
  { faults, id }: { readonly id: DocumentId; readonly faults: readonly FoundFault[] },
  { dryRun, line, rechunk, token }: RepairOptions,
  counts: Counts,
): Promise<void> {
  const [stored] = await index.indexedDocuments(generation.id, [id]);
  const [logged = null] = spool.logged([id]);
  if (!stored) return;
  const live = stored.manifest?.indexed?.live ?? [];
  const leftover = leftoverOf(stored);
  if (leftover.length > 0 || stored.strayManifests > 0) {
    counts.swept += 1;
    const revision = above(stored, leftover, logged);
    if (!dryRun) await index.sweep(generation.id, id, { revision, live });
  }
  if (faults.every(({ fault }) => fault === "orphan") && isGone(stored)) return;
  if (line) {
    counts.restated += 1;
    if (!dryRun) await line.hint([id], "repair");
    return;
  }
  if (dryRun) {
    counts.replayed += 1;
    return;
  }
  const seen = logged?.seen ?? null;
  const again = { index, generation: generation.id, clock, token };
  const isRestricted = await restrictAgain(again, id, seen);
  const body = seen?.deleted === false ? await newestBody(log, logged) : null;
  if (body) await rechunk({ ...body, reason: "repair" });
  if (isRestricted || body) counts.replayed += 1;
  else counts.left += 1;
}

function leftoverOf({ manifest, points }: IndexedDocument): readonly AuditedPoint[] {
  const listed = new Set(manifest?.indexed?.live);
  return points.filter(({ id }) => !listed.has(digestOf(id)));
}

/** What is swept is all that is left of it: then it is mended. */
function isGone({ manifest }: IndexedDocument): boolean {
  if (!manifest) return true;
  return manifest.seen.deleted && (manifest.indexed?.live.length ?? 0) === 0;
}

/**
 * Just above what is known of the document: what a later revision has written ahead of its commit is
 * spared. Of a document of which nothing is known, above its points.
 */
function above(
  { manifest }: IndexedDocument,
  leftover: readonly AuditedPoint[],
  logged: LoggedState | null,
): Revision {
  const known = [manifest?.seen.revision, manifest?.indexed?.revision, logged?.seen?.revision];
  const revisions = known.filter((revision) => revision !== undefined);
  const highest = (
    revisions.length > 0 ? revisions : leftover.map(({ revision }) => revision)
  ).reduce(newerOf, zeroRevision);
  return { epoch: highest.epoch, position: highest.position + 1 };
}
