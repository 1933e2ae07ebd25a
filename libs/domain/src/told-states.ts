/**
 * The last state that a source told of each document: the same one told again, soon after, is one
 * change and not two. Bounded in number: what is forgotten counts as told for the first time.
 */
import type { Mutation } from "./mutation.ts";
import type { Receipt } from "./receipt.ts";
import { compareRevisions, type Revision } from "./revision.ts";

interface Told {
  readonly state: string;
  readonly revision: Revision;
  readonly observedAtMs: number;
  /** Under which the same state was told again. */
  readonly repeats: readonly Revision[];
}

/** What is told again later than this is told because the index does not have it. */
const againWithinMs = 60_000;
const repeatsMax = 8;

export class ToldStates {
  readonly #statesMax: number;
  readonly #states = new Map<string, Told>();

  constructor(statesMax: number) {
    this.#statesMax = statesMax;
  }

  /** Notes what the mutation says; true when another one said the same. */
  isRepeated(mutation: Mutation): boolean {
    const { documentId, revision } = mutation;
    const state = stateOf(mutation);
    const before = this.#states.get(documentId);
    if (before && compareRevisions(before.revision, revision) === 0) return false;
    this.#states.delete(documentId);
    if (mutation.kind !== "upsert" || state === null) return false;
    const { observedAtMs } = mutation;
    const sinceMs = before ? Math.abs(observedAtMs - before.observedAtMs) : 0;
    if (before?.state !== state || sinceMs > againWithinMs) {
      this.#keep(documentId, { state, revision, observedAtMs, repeats: [] });
      return false;
    }
    const repeats = [...before.repeats, revision].slice(-repeatsMax);
    this.#keep(documentId, { ...before, repeats });
    return true;
  }

  /** Whether the receipt is of a state that another mutation had told of before. */
  wasRepeated({ documentId, revision }: Pick<Receipt, "documentId" | "revision">): boolean {
    const repeats = this.#states.get(documentId)?.repeats ?? [];
    return repeats.some((each) => compareRevisions(each, revision) === 0);
  }

  clear(): void {
    this.#states.clear();
  }

  #keep(documentId: string, told: Told): void {
    this.#states.set(documentId, told);
    const [oldest] = this.#states.keys();
    if (this.#states.size > this.#statesMax && oldest !== undefined) this.#states.delete(oldest);
  }
}

/** Null where nobody can say whether it is the same. Whether a file was touched is not part of it. */
function stateOf(mutation: Mutation): string | null {
  if (mutation.kind !== "upsert") return null;
  const { archived, body, metadata, permissions, problem, sourceDigest, tenant } = mutation;
  const content = body?.contentHash ?? sourceDigest;
  if (content === null || problem !== null) return null;
  return JSON.stringify([content, tenant, permissions, archived, metadata]);
}
