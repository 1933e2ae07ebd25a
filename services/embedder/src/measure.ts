/** What the service tells of its work. */
import type { RunFacts } from "@tidemark/onnx";
import { embedLanes } from "@tidemark/pipeline";
import type { AnsweredFacts } from "@tidemark/rpc";
import type { Logger, Metrics } from "@tidemark/runtime";
import type { OpenedModel } from "./open-models.ts";

/** Labels of what a caller left out or made up. */
const unknown = "unknown";

export function measureAnswers(
  metrics: Metrics,
  logger: Pick<Logger, "debug">,
): (facts: AnsweredFacts) => void {
  return (facts) => {
    const { lane: given, model: named, ms, outcome, texts, tokens } = facts;
    logger.debug(facts, "request");
    const [model, lane] = [named ?? unknown, given ?? unknown];
    metrics.embedderRequests.inc({ model, outcome });
    metrics.embedderRequest.observe({ lane }, ms / 1000);
    if (outcome !== "answered") return;
    metrics.embedderTexts.inc({ model, lane }, texts);
    metrics.embedderTokens.inc({ model, lane }, tokens);
  };
}

export function measureRuns(metrics: Metrics): (model: string, run: RunFacts) => void {
  return (model, { ms }) => metrics.embedderRun.observe({ model }, ms / 1000);
}

/** Texts that wait in each lane, over all models, counted whenever somebody looks. */
export function measureQueues(metrics: Metrics, models: ReadonlyMap<string, OpenedModel>): void {
  const collect = (): void => {
    for (const lane of embedLanes) {
      const waiting = [...models.values()].map(({ embedder }) => embedder.load.queuedTexts[lane]);
      metrics.embedQueue.set(
        { lane },
        waiting.reduce((sum, texts) => sum + texts, 0),
      );
    }
  };
  Object.assign(metrics.embedQueue, { collect });
}
