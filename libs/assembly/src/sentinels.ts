/** The sentinels of a process: run where generations are kept, told wherever they are asked for. */
import {
  Measures,
  RequestError,
  sentinelReport,
  Sentinels,
  type Call,
  type DoctorFinding,
  type SentinelReport,
  type SentinelRun,
} from "@tidemark/pipeline";
import { driftCauses, type DriftCause } from "@tidemark/domain";
import type { Metrics } from "@tidemark/runtime";
import type { Parts } from "./open-parts.ts";
import { keeperOf } from "./roles.ts";
import { systemClock } from "./world.ts";

/** Answers when they have run. */
export const sentinelsCall: Call<null, null> = {
  name: "sentinels",
  of: "freshness service",
  withinMs: 120_000,
};

type SentinelParts = Pick<Parts, "catalogue" | "generations" | "stores"> & {
  readonly options: Pick<Parts["options"], "config" | "logger" | "metrics">;
};

export function openSentinels(parts: SentinelParts): Sentinels {
  const { catalogue, generations, options, stores } = parts;
  return new Sentinels({
    measures: new Measures(stores.log),
    catalogue,
    lines: generations,
    index: stores.index,
    clock: systemClock,
    logger: options.logger,
    everyMs: options.config.sentinels.everyMs,
    ran: (generation, run) => measureRun(options.metrics, generation, run),
  });
}

/** Asks whoever runs them first, when they are to run now. */
export async function askSentinels(
  { catalogue, options, sentinels, shared, stores }: Parts,
  { now }: { readonly now: boolean },
): Promise<SentinelReport> {
  if (now && options.roles.has("keep")) await sentinels.check({ isDueOnly: false });
  else if (now) {
    if (!shared) throw new RequestError(501, "not-here", "no process keeps generations here");
    await shared.calls.ask(sentinelsCall, null, keeperOf(shared));
  }
  const { everyMs } = options.config.sentinels;
  return sentinelReport({ catalogue, everyMs, measures: new Measures(stores.log) });
}

export function sentinelFindings({ generations }: SentinelReport): readonly DoctorFinding[] {
  return generations.flatMap(({ findings, generation, isBaselineLate, ranAtMs }) => {
    const check = `sentinels of ${generation}`;
    if (ranAtMs === null) return [];
    const named = findings.map(({ cause, detail, severity }): DoctorFinding => ({
      check,
      verdict: severity === "severe" ? "fail" : "warn",
      detail: `${cause}: ${detail}`,
      fix: fixes[cause],
    }));
    if (named.length > 0) return named;
    const detail = isBaselineLate
      ? "nothing has moved since their baseline, which is younger than the generation"
      : "nothing has moved";
    return [{ check, verdict: "ok", detail, fix: null }];
  });
}

const anotherModel =
  "compare the embedders' machines and builds; if the model is another one now, declare it and " +
  "`tidemark apply`, for what is stored was made by the one before";

const fixes: Readonly<Record<DriftCause, string>> = {
  weights: anotherModel,
  tokenizer: anotherModel,
  preprocessing: "find what rewrites texts before they are embedded, such as a proxy, and end it",
  "index-loss":
    "`tidemark replay --all --force --yes` verifies and rewrites points that are listed",
  "approximate-search":
    "have Qdrant build the graph of the collection anew, or build another generation",
  "stored-vectors": "`tidemark replay --all --force --yes` embeds what is stored again",
  unknown: "look at `tidemark sentinels`: neighbours changed and vectors did not",
};

function measureRun(metrics: Metrics, generation: string, run: SentinelRun): void {
  for (const [at, quantile] of sentinelQuantiles.entries()) {
    metrics.sentinelDistance.set({ generation, quantile }, run.distances[at] ?? 0);
  }
  // Unknown is said by its absence, and not by a share that would look bad or good.
  if (run.overlap === null) metrics.benchmarkOverlap.remove({ generation });
  else metrics.benchmarkOverlap.set({ generation }, run.overlap);
  for (const cause of driftCauses) {
    const isNamed = run.findings.some((finding) => finding.cause === cause);
    metrics.diagnosis.set({ generation, cause }, isNamed ? 1 : 0);
  }
}

const sentinelQuantiles = ["0.5", "0.9", "0.99", "1"];
