/** A generation is a complete set of points made by one fingerprint; its states are a table. */
import type { GenerationId } from "./ids.ts";

export const generationStates = [
  "building",
  "validating",
  "ready",
  "active",
  "retiring",
  "retired",
] as const;
export type GenerationState = (typeof generationStates)[number];

export type GenerationEvent =
  | "backfilled"
  | "passed"
  | "failed"
  | "promoted"
  | "replaced"
  | "rolledBack"
  | "expired"
  | "abandoned";

/** Absent cells are refused. */
const transitions: Readonly<
  Record<GenerationState, Partial<Record<GenerationEvent, GenerationState>>>
> = {
  building: { backfilled: "validating", abandoned: "retired" },
  validating: { passed: "ready", failed: "building", abandoned: "retired" },
  ready: { promoted: "active", abandoned: "retired" },
  active: { replaced: "retiring" },
  retiring: { rolledBack: "active", expired: "retired" },
  retired: {},
};

/** Null when the event means nothing in this state. */
export function nextGenerationState(
  state: GenerationState,
  event: GenerationEvent,
): GenerationState | null {
  return transitions[state][event] ?? null;
}

/** Generations in these states keep consuming, so that both a switch and a rollback find them fresh. */
export function isConsuming(state: GenerationState): boolean {
  return state !== "retired";
}

export interface Generation {
  readonly id: GenerationId;
  readonly state: GenerationState;
  readonly fingerprint: string;
  /** How its vectors are made; enough to open the same encoder for queries again. */
  readonly recipe: Recipe;
  readonly createdAtMs: number;
  readonly activatedAtMs: number | null;
  readonly retiringSinceMs: number | null;
}

/** Everything that decides a vector besides the text. */
export interface Recipe {
  readonly embedder: { readonly name: string; readonly kind: string; readonly model: string };
  readonly space: {
    readonly model: string;
    readonly weightsDigest: string;
    readonly tokenizerDigest: string;
    readonly dimension: number;
    readonly tokensMax: number;
    readonly pooling: string;
    readonly metric: string;
    readonly documentPrefix: string;
    readonly queryPrefix: string;
  };
  readonly chunker: {
    readonly kind: string;
    readonly version: string;
    readonly tokensMax: number;
    readonly chunksMax: number;
  };
  readonly normalizer: { readonly form: string; readonly version: string };
  readonly extraction: { readonly version: string };
}

/**
 * Promotes one generation: it becomes active and the active one retires, in one new table.
 * @throws RangeError when the table does not allow it
 */
export function promote(
  generations: readonly Generation[],
  id: GenerationId,
  nowMs: number,
): Generation[] {
  return generations.map((generation) => {
    if (generation.id === id) {
      const event = generation.state === "retiring" ? "rolledBack" : "promoted";
      const state = nextGenerationState(generation.state, event);
      if (!state) throw new RangeError(`generation ${id} is ${generation.state}, not ready`);
      return { ...generation, state, activatedAtMs: nowMs, retiringSinceMs: null };
    }
    if (generation.state !== "active") return generation;
    return { ...generation, state: "retiring", retiringSinceMs: nowMs };
  });
}
