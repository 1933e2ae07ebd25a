import { FreshnessLedger } from "@tidemark/pipeline";
import { createMetrics } from "@tidemark/runtime";
import { Measuring } from "./measure.ts";

const objective = { share: 0.99, withinMs: 60_000 };

test("a stage's breaker is open as long as that of any generation is", async () => {
  const metrics = createMetrics({ processDefaults: false });
  const ledger = new FreshnessLedger(() => ({ change: objective, restriction: objective }));
  const measuring = new Measuring(metrics, ledger, () => true, {
    isAlone: true,
    pricePerMillion: () => 0,
  });
  const state = (group: string, breaker: "closed" | "open") =>
    measuring.state({ stage: "upserter", group, waiting: 0, trouble: null, breaker });

  state("upserter.g1", "open");
  state("upserter.g2", "closed");
  const meanwhile = await metrics.registry.metrics();
  state("upserter.g1", "closed");
  const after = await metrics.registry.metrics();

  const open = 'tidemark_breaker_state{breaker="upserter",state="open"}';
  expect(meanwhile).toContain(`${open} 1\n`);
  expect(after).toContain(`${open} 0\n`);
});
