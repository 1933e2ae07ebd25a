/** What an audit has found of one source, dated, for whoever asks whether index and source agree. */
import type { AuditFault } from "./audit-classify.ts";
import type { SetAside } from "./audit-facts.ts";
import type { SideDigests } from "./audit-row.ts";
import type { GenerationId, SourceName } from "./ids.ts";

export const auditVerdicts = ["clean", "undecided", "faulty"] as const;
export type AuditVerdict = (typeof auditVerdicts)[number];

export interface AuditExample {
  readonly documentId: string;
  readonly fault: AuditFault;
  readonly detail: string;
}

/**
 * Documents that cannot be found as they are now, though all sides agree on them: their newest content
 * could not be read, or some of it not be embedded. No fault of the index; the dead letters have them.
 */
export interface AuditedSetAside {
  readonly documents: number;
  readonly examples: readonly (SetAside & { readonly documentId: string })[];
}

export interface AuditRepair {
  readonly dryRun: boolean;
  /** Why it did not begin, or did not go on; null when it came to its end. */
  readonly refused: string | null;
  /** Documents with a fault that it would mend or has asked to be mended. */
  readonly documents: number;
  /** Of those: read again from their source. */
  readonly restated: number;
  /** Chunked again from the log, and their newest state restricted again. */
  readonly replayed: number;
  /** Rid of points that no manifest lists. */
  readonly swept: number;
  /** Of which the index has a newer revision than the log: nothing is lowered. */
  readonly left: number;
}

/** What each side of a source holds, and how much of it was compared. */
export interface AuditedSides {
  /** False where the source keeps no listing, or could not be listed: `why` says so. */
  readonly isListed: boolean;
  readonly why: string | null;
  readonly listed: number;
  readonly logged: number;
  readonly manifests: number;
  readonly points: number;
  /** Of all key ranges of each side, one after the other. */
  readonly digests: SideDigests;
  /** Pairs of ranges whose digests were compared. */
  readonly rangesCompared: number;
}

export interface AuditCertificate extends AuditedSides {
  readonly v: 1;
  readonly source: SourceName;
  readonly generation: GenerationId;
  readonly fingerprint: string;
  /** Of the config that was in force. */
  readonly configHash: string;
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  readonly verdict: AuditVerdict;
  /** Documents that were looked at in full. */
  readonly documentsRead: number;
  /** Vectors that were made again and compared. */
  readonly sampled: number;
  /** What differed at first and was found to have been changing meanwhile. */
  readonly changed: number;
  /** What the audit could not wait for. */
  readonly undecided: number;
  /** Documents by fault; one may have several. */
  readonly faults: Readonly<Record<AuditFault, number>>;
  readonly faulty: number;
  readonly examples: readonly AuditExample[];
  readonly setAside: AuditedSetAside;
  readonly repair: AuditRepair | null;
}

/**
 *   faulty   undecided   verdict
 *   any      -           faulty
 *   none     any         undecided
 *   none     none        clean
 */
export function auditVerdictOf(found: {
  readonly faulty: number;
  readonly undecided: number;
}): AuditVerdict {
  if (found.faulty > 0) return "faulty";
  return found.undecided > 0 ? "undecided" : "clean";
}

/** Cosine distance between a stored vector and one made again from its text. */
export function vectorDistance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [dot, aa, bb] = [0, 0, 0];
  for (const [at, x] of a.entries()) {
    const y = b[at] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  const distance = 1 - dot / Math.sqrt(aa * bb);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}

/** Vectors of one text made in other company, or by a remote model, differ by less. */
export const vectorDistanceMax = 0.005;

/**
 * Why nothing may be repaired now; null when it may. A repair adds work to the pipeline, and what it
 * would mend may be what the pipeline is about to do.
 */
export function repairRefusal(state: {
  /** Stages in trouble, with what they wait for: an open breaker is one. */
  readonly troubles: readonly string[];
  readonly deadLettersBefore: number;
  readonly deadLettersNow: number;
  /** Sources of which a change waits past its objective. */
  readonly late: readonly SourceName[];
}): string | null {
  const { deadLettersBefore, deadLettersNow, late, troubles } = state;
  if (troubles.length > 0) return `the pipeline is in trouble: ${troubles[0]}`;
  if (deadLettersNow > deadLettersBefore) {
    return `dead letters are rising: ${deadLettersNow}, and ${deadLettersBefore} when it began`;
  }
  return late.length > 0 ? `changes are later than the objective allows: ${late.join(", ")}` : null;
}
