/** Every topic: its name, what its key is, and how long it is kept. */
import type { GenerationId, SourceName } from "@tidemark/domain";

export interface TopicPolicy {
  readonly name: string;
  /** Keep the newest record of each key; nothing younger than `compactAfterMs` is touched. */
  readonly compact: boolean;
  readonly compactAfterMs: number;
  /** Null keeps for ever. */
  readonly retainMs: number | null;
  /** One partition, so that its order is total. */
  readonly single?: boolean;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const hintsTopic = "hints";
export const mutationsTopic = "mutations";
export const receiptsTopic = "receipts";
export const deadLettersTopic = "deadletters";
export const controlTopic = "control";
/** What is measured and has to outlive a process: baselines, and what was spent. */
export const measuresTopic = "measures";
/** What embedders were paid; added up in `measures`. */
export const billsTopic = "bills";
/** What each process says of itself, again and again. */
export const statesTopic = "states";
/** What one process asks another, and its answer. */
export const callsTopic = "calls";

/** How fresh the whole is, as whoever counts it says, and the budgets so far. */
export const freshnessTopic = "freshness";

export function chunksTopic(generation: GenerationId): string {
  return `chunks.${generation}`;
}

export function topicPolicy(name: string): TopicPolicy {
  switch (name) {
    case mutationsTopic:
      return { name, compact: true, compactAfterMs: dayMs, retainMs: null };
    case controlTopic:
    case measuresTopic:
    case freshnessTopic:
      return { name, compact: true, compactAfterMs: hourMs, retainMs: null, single: true };
    case statesTopic:
    case callsTopic:
      return { name, compact: false, compactAfterMs: 0, retainMs: hourMs, single: true };
    case deadLettersTopic:
      return { name, compact: true, compactAfterMs: hourMs, retainMs: 28 * dayMs };
    case receiptsTopic:
      return { name, compact: false, compactAfterMs: 0, retainMs: 7 * dayMs };
    default:
      return { name, compact: false, compactAfterMs: 0, retainMs: 7 * dayMs };
  }
}

/** Consumer groups are named for what they do and for which generation. */
export const resolverGroup = "resolver";
export const restaterGroup = (source: SourceName) => `restater.${source}`;
export const chunkerGroup = (generation: GenerationId) => `chunker.${generation}`;
export const restrictorGroup = (generation: GenerationId) => `restrictor.${generation}`;
export const upserterGroup = (generation: GenerationId) => `upserter.${generation}`;
export const replayGroup = (job: string) => `replay.${job}`;

const generationGroup = /^(?:chunker|restrictor|upserter)\.(?<generation>.+)$/u;

/** The generation that a group keeps; null for a group that serves all of them. */
export function generationOfGroup(group: string): GenerationId | null {
  return (generationGroup.exec(group)?.groups?.["generation"] ?? null) as GenerationId | null;
}
