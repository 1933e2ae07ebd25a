/**
 * Hints → mutations. The resolver reads the state of a document once for all, after its hint has
 * an offset: so whatever it reads is at least as new as the position it is published under.
 */
import {
  decodeHint,
  encodeMutation,
  everyTenant,
  keyOf,
  mutationKey,
  positionOfOffset,
  type Hint,
  type MutationDraft,
  type SourceName,
} from "@tidemark/domain";
import { PoisonError, TransientError } from "../errors.ts";
import type { DocumentSource, SourceState } from "../ports/document-source.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { mapBounded } from "../map-bounded.ts";
import type { Urgency } from "../run-stage/ready-queue.ts";
import type { Stage } from "../run-stage/stage.ts";
import { hintsTopic, mutationsTopic, resolverGroup } from "../topics.ts";
import { MarkerPassage } from "./marker-passage.ts";

export interface ResolveDependencies {
  readonly log: EventLog;
  readonly sources: ReadonlyMap<SourceName, DocumentSource>;
  readonly clock: Clock;
  /** Sources whose readers state documents themselves. */
  readonly statedElsewhere?: ReadonlySet<SourceName>;
  /** Called when a document is about to be read, and what it answers when that has ended. */
  readonly reading?: (source: SourceName) => () => void;
  /** Called for a document that is there and cannot be read: it stays as it was. */
  readonly blocked: (hint: Hint, reason: string) => void;
}

interface OffsetHint {
  readonly hint: Hint;
  readonly offset: number;
}

/** Of a batch: all batches of a source together stay below the connections that a client opens. */
const readsAtOnceMax = 12;

export function resolveStage({
  log,
  sources,
  clock,
  statedElsewhere = new Set(),
  reading = () => () => {},
  blocked,
}: ResolveDependencies): Stage<OffsetHint> {
  const markers = new MarkerPassage({ log, clock, from: hintsTopic, to: mutationsTopic });
  return {
    name: "resolver",
    topic: hintsTopic,
    group: resolverGroup,
    // What waits for a document's earlier reading waits for its whole batch.
    documentsMax: 32,
    concurrency: 2,

    decode(record) {
      const hint = decodeHint(record.value ?? "");
      if ("problem" in hint) throw new PoisonError("unreadable-event", hint.problem);
      if (statedElsewhere.has(hint.source)) return null;
      return { hint, offset: record.offset };
    },
    keyOf: ({ hint }) => hint.documentId,
    // A source that does not answer keeps its own hints waiting, and nobody else's deletes.
    laneOf: ({ hint }) => hint.source,
    urgencyOf: ({ hint }) => urgencyOfHint(hint),
    coalesce: mergeHints,

    async handle(tasks) {
      const drafts = await mapBounded(tasks, readsAtOnceMax, async (task) => {
        const newest = task.items.at(-1);
        return newest ? readState(newest) : null;
      });
      const found = drafts.filter((draft) => draft !== null);
      if (found.length === 0) return;
      await log.append(
        mutationsTopic,
        found.map((draft) => ({
          key: mutationKey(draft),
          partitionKey: draft.documentId,
          value: encodeMutation(draft),
          trace: draft.trace,
        })),
      );
    },

    async setAside(task, error) {
      const newest = task.items.at(-1);
      if (!newest) throw new Error("a task without items");
      const draft = { ...draftOf(newest), ...hiddenFor(error) };
      await log.append(mutationsTopic, [
        {
          key: mutationKey(draft),
          partitionKey: draft.documentId,
          value: encodeMutation(draft),
          trace: draft.trace,
        },
      ]);
      return {
        documentId: newest.hint.documentId,
        revision: { epoch: newest.hint.epoch, position: positionOfOffset(newest.offset) },
      };
    },

    passMarker: (marker, partition) => markers.pass(marker, partition),
  };

  async function readState(item: OffsetHint): Promise<MutationDraft | null> {
    const { hint } = item;
    const source = sources.get(hint.source);
    if (!source) {
      throw new PoisonError("mapping-failed", `source ${hint.source} is not configured any more`);
    }
    const ended = reading(hint.source);
    const state = await readOrHide(source, keyOf(hint.documentId)).finally(ended);
    if (state.kind === "blocked") {
      blocked(hint, state.reason);
      return null;
    }
    const facts = factsOf(state);
    return { ...draftOf(item), ...facts, sourceTimeMs: newestTimeMs(hint, facts) };
  }

  function draftOf({ hint, offset }: OffsetHint) {
    return {
      source: hint.source,
      documentId: hint.documentId,
      epoch: hint.epoch,
      position: positionOfOffset(offset),
      reason: hint.reason,
      observedAtMs: Math.min(hint.observedAtMs, clock.nowMs()),
      trace: hint.trace,
    };
  }
}

/**
 * When the source changed: as whoever told of it says, where the state does not know, or knows only
 * when the content was written and not when its tags were.
 */
function newestTimeMs(
  hint: Pick<Hint, "sourceTimeMs">,
  facts: Pick<Hint, "sourceTimeMs">,
): number | null {
  const times = [hint.sourceTimeMs, facts.sourceTimeMs].filter((time) => time !== null);
  return times.length === 0 ? null : Math.max(...times);
}

/** From what asks for the most to what asks for the least. */
const demands: readonly Hint["reason"][] = ["repair", "change", "reconcile", "snapshot", "replay"];

/**
 * Whatever is read for the newest hint is what all of them would have found; but none is forgotten:
 * a repair stays one, a change stays live, and waits since it was first observed.
 */
function mergeHints(items: readonly OffsetHint[]): readonly OffsetHint[] {
  const newest = items.at(-1);
  if (!newest) return [];
  const reasons = new Set(items.map(({ hint }) => hint.reason));
  const reason = demands.find((each) => reasons.has(each)) ?? newest.hint.reason;
  const observedAtMs = Math.min(...items.map(({ hint }) => hint.observedAtMs));
  const timed = items.findLast(({ hint }) => hint.sourceTimeMs !== null);
  const sourceTimeMs = timed?.hint.sourceTimeMs ?? null;
  return [{ ...newest, hint: { ...newest.hint, reason, observedAtMs, sourceTimeMs } }];
}

type Read = Exclude<SourceState, { kind: "blocked" }> | { kind: "hidden"; error: PoisonError };

/**
 * What is wrong with a document hides it: one whose permissions cannot be read is not public. A
 * source that cannot be read now blocks its own documents and nobody else's: its scan asks again.
 */
async function readOrHide(
  source: DocumentSource,
  key: string,
): Promise<Read | Extract<SourceState, { kind: "blocked" }>> {
  try {
    return await source.read(key);
  } catch (error) {
    if (error instanceof PoisonError) return { kind: "hidden", error };
    if (error instanceof TransientError) return { kind: "blocked", reason: error.message };
    throw error;
  }
}

function factsOf(state: Read) {
  switch (state.kind) {
    case "hidden":
      return hiddenFor(state.error);
    case "gone":
    case "filtered":
      return {
        kind: "delete" as const,
        tenant: everyTenant,
        permissions: { kind: "unknown" as const },
        archived: false,
        metadata: {},
        sourceDigest: null,
        sourceTimeMs: null,
        body: null,
        problem: null,
      };
    case "found":
      return {
        kind: "upsert" as const,
        tenant: state.tenant,
        permissions: state.permissions,
        archived: state.archived,
        metadata: state.metadata,
        sourceDigest: state.sourceDigest,
        sourceTimeMs: state.sourceTimeMs,
        body: state.body,
        problem: null,
      };
  }
}

function hiddenFor(error: PoisonError) {
  return {
    kind: "upsert" as const,
    tenant: everyTenant,
    permissions: { kind: "unknown" as const },
    archived: false,
    metadata: {},
    sourceDigest: error.digest,
    sourceTimeMs: null,
    body: null,
    problem: { reason: error.reason, message: error.message },
  };
}

/** What may be a removal goes first, then what somebody waits for. */
export function urgencyOfHint(hint: Hint): Urgency {
  if (hint.expects === "absent" || hint.expects === "policy") return 0;
  switch (hint.reason) {
    case "change":
    case "repair":
      return 1;
    case "reconcile":
      return 2;
    case "snapshot":
    case "replay":
      return 3;
  }
}
