/** Which round dies where: half at named steps, each of the protocol's own often, half anywhere. */
import { between, pick, seededChance, shuffled } from "@tidemark/testing";
import { killMoments, type KillPlan, type KillStep } from "./kill-step.ts";

export type Round =
  | { readonly kind: "step"; readonly plan: KillPlan; readonly armedFromStart: boolean }
  /** From outside: so long after its start while starting, or after it was ready. */
  | { readonly kind: "random"; readonly afterMs: number; readonly whileStarting: boolean };

/** The steps whose kills are promised come twice as often as the way there. */
const turn: readonly KillStep[] = [
  "manifest",
  "vectors",
  "points",
  "commit",
  "sweep",
  "receipt",
  "accept",
  "manifest",
  "embed",
  "points",
  "commit",
  "sweep",
  "progress",
  "delete",
  "resolve",
  "manifest",
  "embed",
  "points",
  "commit",
  "sweep",
  "receipt",
  "restrict",
  "chunk",
  "hint",
  "progress",
];
const startingShare = 0.15;

export function planRounds(rounds: number, seed: number): readonly Round[] {
  const chance = seededChance(seed);
  const steps = Math.ceil(rounds / 2);
  const planned = Array.from({ length: rounds }, (_, round): Round => {
    if (round >= steps) {
      const whileStarting = chance() < startingShare;
      const afterMs = whileStarting ? between(chance, 50, 900) : between(chance, 0, 900);
      return { kind: "random", afterMs, whileStarting };
    }
    const step = turn[round % turn.length] as KillStep;
    // Each moment in turn, whichever turn of the step it is.
    const moment = killMoments[(round + Math.floor(round / turn.length)) % 3] ?? "during";
    const plan = { step, moment, time: pick(chance, [1, 1, 2, 3]) };
    return { kind: "step", plan, armedFromStart: chance() < startingShare };
  });
  return shuffled(chance, planned);
}
