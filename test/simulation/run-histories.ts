/** Runs histories until one breaks a promise, and then looks for the shortest that does. */
import { featureNames, type FeatureName } from "./features.ts";
import { runHistory, type HistoryOptions, type HistoryOutcome } from "./history.ts";
import type { IndexKind } from "./world.ts";

const stepsOfAHistory = 400;
const traceLinesMax = 60;

export interface Summary {
  readonly text: string;
  /** How the first history that failed did so, and how to see it again; null when none did. */
  readonly failure: string | null;
}

export async function runHistories(options: {
  readonly histories: number;
  readonly seed: number;
}): Promise<Summary> {
  const totals: Record<string, number> = {};
  for (let at = 0; at < options.histories; at += 1) {
    const kind: IndexKind = at % 2 === 0 ? "primitives" : "transactions";
    const history = { seed: options.seed + at, kind, steps: stepsOfAHistory, without: [] };
    const outcome = await runHistory(history);
    totals["steps"] = (totals["steps"] ?? 0) + outcome.steps;
    for (const [name, count] of Object.entries(outcome.counts)) {
      totals[name] = (totals[name] ?? 0) + count;
    }
    if (outcome.violation !== null) {
      const failure = describe(await shortest(history, outcome));
      return { text: failure, failure };
    }
  }
  const counts = Object.entries(totals).map(([name, count]) => `${name} ${count}`);
  return {
    text: `${options.histories} histories, no violation; ${counts.join(", ")}`,
    failure: null,
  };
}

interface Failing {
  readonly history: HistoryOptions;
  readonly outcome: HistoryOutcome;
}

/** Fewer steps, then fewer features, as long as some promise is still broken. */
async function shortest(history: HistoryOptions, outcome: HistoryOutcome): Promise<Failing> {
  let failing: Failing = { history, outcome };
  const attempt = async (changed: HistoryOptions): Promise<boolean> => {
    const tried = await runHistory(changed);
    if (tried.violation === null) return false;
    failing = { history: changed, outcome: tried };
    return true;
  };
  for (const name of featureNames) {
    const without: readonly FeatureName[] = [...failing.history.without, name];
    if (failing.outcome.features[name]) await attempt({ ...failing.history, without });
  }
  for (let step = Math.floor(failing.history.steps / 2); step >= 1; step = Math.floor(step / 2)) {
    while (failing.history.steps > step) {
      const shorter = { ...failing.history, steps: failing.history.steps - step };
      if (!(await attempt(shorter))) break;
    }
  }
  return failing;
}

function describe({ history, outcome }: Failing): string {
  const { seed, kind, steps, without } = history;
  const on = featureNames.filter((name) => outcome.features[name]);
  return [
    `${outcome.violation}`,
    `seed ${seed}, ${kind}, ${steps} steps, with ${on.join(", ") || "nothing"} going wrong`,
    ...outcome.trace.slice(-traceLinesMax).map((line) => `  ${line}`),
    `again: runHistory(${JSON.stringify({ seed, kind, steps, without })})`,
  ].join("\n");
}
