/**
 * Ends what a source has stated whole: whatever is known of it below a revision, and has not been
 * stated since, is deleted at that revision. Where a row or a topic says all that there is, nothing
 * has to be remembered of a snapshot but where it stands.
 */
import {
  decideHold,
  documentId,
  encodeMutation,
  everyTenant,
  isNewer,
  keyOf,
  mutationKey,
  type DocumentId,
  type GenerationId,
  type HoldLimits,
  type MutationDraft,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import { mutationsTopic, restrictorGroup } from "../topics.ts";
import { hasPassed } from "./has-passed.ts";

export interface CloseContext {
  readonly source: SourceName;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly generation: GenerationId;
  readonly clock: Clock;
  readonly limits: HoldLimits;
}

export interface CloseRequest {
  /** What the keys that are meant begin with; empty for all of the source. */
  readonly prefix: string;
  readonly below: Revision;
  /** How many deletes were shown to whoever confirms them; null without. */
  readonly confirmed: number | null;
  /**
   * Which of some keys are truly absent, where that can be asked; all of them otherwise. It is asked
   * before they are counted.
   */
  readonly absentOf?: (keys: readonly string[]) => Promise<readonly string[]>;
}

export interface CloseReport {
  readonly absent: number;
  readonly applied: number;
  readonly held: number;
}

const pageMax = 1_000;
const pollMs = { least: 20, most: 500 } as const;

/** To be called when everything the source had stated before has been restricted. */
export async function closeAbsent(
  context: CloseContext,
  request: CloseRequest,
): Promise<CloseReport> {
  const { generation, index, limits, source } = context;
  let inferred = 0;
  for await (const keys of absentPages(context, request)) inferred += keys.length;
  if (inferred === 0) return { absent: 0, applied: 0, held: 0 };
  const counts = await index.counts(generation);
  const known = counts.find((each) => each.source === source)?.documents ?? 0;
  const { confirmed } = request;
  const decision = decideHold({ listable: true, inferred, known, limits, confirmed });
  if (decision.kind === "hold") return { absent: inferred, applied: 0, held: inferred };
  let applied = 0;
  for await (const keys of absentPages(context, request)) {
    await publishDeletes(context, request.below, keys);
    applied += keys.length;
  }
  return { absent: inferred, applied, held: 0 };
}

/** Resolves once the restrictor has passed all that is on the log now. */
export async function untilRestricted(
  { clock, generation, log }: Pick<CloseContext, "clock" | "generation" | "log">,
  signal: AbortSignal,
): Promise<void> {
  const ranges = await log.ranges(mutationsTopic);
  const ends = new Map(ranges.map(({ end, partition }) => [partition, end]));
  const reader = { topic: mutationsTopic, group: restrictorGroup(generation) };
  let pauseMs: number = pollMs.least;
  while (!signal.aborted && !(await hasPassed(log, reader, ends))) {
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, pollMs.most);
  }
}

async function* absentPages(
  { generation, index, source }: CloseContext,
  { absentOf, below, prefix }: CloseRequest,
): AsyncGenerator<readonly string[]> {
  let after: DocumentId | null = prefix === "" ? null : documentId(source, prefix);
  while (true) {
    const page = await index.listManifests(generation, source, { after, limit: pageMax });
    const within = page.filter((manifest) => keyOf(manifest.documentId).startsWith(prefix));
    const old = within
      .filter(({ deleted, revision }) => !deleted && isNewer(below, revision))
      .map((manifest) => keyOf(manifest.documentId));
    if (old.length > 0) yield absentOf ? await absentOf(old) : old;
    const last = page.at(-1);
    if (!last || page.length < pageMax || within.length < page.length) return;
    after = last.documentId;
  }
}

async function publishDeletes(
  { clock, log, source }: CloseContext,
  { epoch, position }: Revision,
  keys: readonly string[],
): Promise<void> {
  const drafts = keys.map((key): MutationDraft => ({
    kind: "delete",
    source,
    documentId: documentId(source, key),
    epoch,
    position,
    reason: "reconcile",
    tenant: everyTenant,
    permissions: { kind: "unknown" },
    archived: false,
    metadata: {},
    sourceDigest: null,
    sourceTimeMs: null,
    observedAtMs: clock.nowMs(),
    body: null,
    problem: null,
    trace: null,
  }));
  const records = drafts.map((draft) => ({
    key: mutationKey(draft),
    partitionKey: draft.documentId,
    value: encodeMutation(draft),
  }));
  await log.append(mutationsTopic, records, { durable: true });
}
