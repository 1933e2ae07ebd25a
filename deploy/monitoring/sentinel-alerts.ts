/** Fixed texts whose vectors must not move, and fixed questions that must go on finding the same. */
import { metricNames as names } from "@tidemark/runtime";
import type { RuleGroup } from "./rule.ts";

/** Cosine distances of the same text: below 0.005 is rounding, past 0.05 vectors mean something else. */
const investigateAt = 0.02;
const severeAt = 0.05;
const overlapMin = 0.7;

const worst = `max by (generation) (${names.sentinelDistance}{quantile="1"})`;

export const sentinelAlerts: RuleGroup = {
  name: "tidemark-sentinels",
  rules: [
    {
      alert: "TidemarkVectorsMoved",
      expr: `${worst} > ${investigateAt} and ${worst} <= ${severeAt}`,
      severity: "ticket",
      summary: "Fixed texts have other vectors than before: {{ $value | humanize }} away",
      description:
        "What is embedded now and what is stored in {{ $labels.generation }} are no longer quite the same.",
    },
    {
      alert: "TidemarkVectorsForeign",
      expr: `${worst} > ${severeAt}`,
      severity: "page",
      summary: "Fixed texts have foreign vectors: {{ $value | humanize }} away",
      description:
        "What is embedded now does not belong to what is stored in {{ $labels.generation }}: searches find the wrong things.",
    },
    {
      alert: "TidemarkBenchmarkOverlap",
      expr: `min by (generation) (${names.benchmarkOverlap}) < ${overlapMin}`,
      severity: "ticket",
      summary:
        "Fixed questions share {{ $value | humanizePercentage }} of their ten best with before",
      description: "Below 70 % quality is lost, unless many documents have changed meanwhile.",
    },
    {
      alert: "TidemarkDiagnosis",
      expr: `max by (generation, cause) (${names.diagnosis}) == 1`,
      severity: "ticket",
      summary: "The sentinels of {{ $labels.generation }} name a cause: {{ $labels.cause }}",
      description:
        "`tidemark sentinels` shows what was measured, and `tidemark doctor` what mends it.",
    },
  ],
};
