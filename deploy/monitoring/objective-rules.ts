/**
 * The objectives: how fast their budget burns, and what is behind them now. A change counts as late
 * the moment its target passes, so that a pipeline at rest burns as well.
 */
import { metricNames as names } from "@tidemark/runtime";
import type { Alert, RecordingRule, RuleGroup } from "./rule.ts";

/** Fewer late changes than this are chance, whatever their share. */
const lateMin = 2;
const windows = ["5m", "30m", "1h", "6h", "3d"] as const;
type Window = (typeof windows)[number];

const bySourceAndKind = "by (source, kind)";
const allowed = `(1 - max ${bySourceAndKind} (${names.objectiveRatio}))`;

const target = `max by (source) (${names.objective}{kind="change"})`;
const oldest = `max by (source) (${names.oldestPending})`;
const watermark = `max by (source) (${names.completeUpTo})`;
const watermark20mAgo = `max by (source) (${names.completeUpTo} offset 20m)`;
const scanEvery = `max by (source) (${names.scanEvery})`;
/** What is not listed says all the time how far it is; what is listed, when a scan has ended. */
const notProvenSeconds = 3_600;
/** Heartbeats come every 10 s; those of a queue, once nothing older can be in it. */
const eventsBehindSeconds = 900;
const provenAgo = `time() - (${watermark} > 0)`;

function lateShare(range: string): string {
  const late = `sum ${bySourceAndKind} (rate(${names.changesLate}[${range}]))`;
  return `${late} / (sum ${bySourceAndKind} (rate(${names.changes}[${range}])) > 0)`;
}

export const burnRecord = (window: Window) => `tidemark:objective_burn:rate${window}`;
export const budgetLeftRecord = "tidemark:objective_budget_left:ratio30d";

const burnRates: RecordingRule[] = windows.map((window) => ({
  record: burnRecord(window),
  expr: `${lateShare(window)} / ${allowed}`,
}));

function burnAlert(
  name: string,
  {
    long,
    rate,
    severity,
    short,
  }: Pick<Alert, "severity"> & {
    readonly long: Window;
    readonly short: Window;
    readonly rate: number;
  },
): Alert {
  const enough = `sum ${bySourceAndKind} (increase(${names.changesLate}[${long}])) >= ${lateMin}`;
  return {
    alert: `TidemarkFreshness${name}Burn`,
    expr: `${burnRecord(long)} > ${rate} and ${burnRecord(short)} > ${rate} and ${enough}`,
    severity,
    summary: `{{ $labels.source }}: the budget for {{ $labels.kind }} burns {{ $value | humanize }} times too fast`,
    description: `Over ${long}, and over ${short} still, more changes were late than ${rate} times what the objective allows.`,
  };
}

export const objectiveRules: RuleGroup = {
  name: "tidemark-objectives",
  rules: [
    ...burnRates,
    burnAlert("Fast", { long: "1h", short: "5m", rate: 14.4, severity: "page" }),
    burnAlert("Steady", { long: "6h", short: "30m", rate: 6, severity: "page" }),
    burnAlert("Slow", { long: "3d", short: "6h", rate: 1, severity: "ticket" }),
    {
      alert: "TidemarkOldestPending",
      expr: `time() - (${oldest} > 0) > 3 * ${target}`,
      for: "1m",
      severity: "page",
      summary: "A change of {{ $labels.source }} has waited for {{ $value | humanizeDuration }}",
      description: "That is three times its objective: something on the way stands still.",
    },
    {
      alert: "TidemarkWatermarkBehind",
      // What is listed is complete up to its last scan; behind is what is late and does not move.
      expr: `time() - (${watermark} > 0) > ${target} and ${watermark} == ${watermark20mAgo} and time() - (${oldest} > 0) > ${target}`,
      for: "1m",
      severity: "page",
      summary: "{{ $labels.source }} is proven only up to {{ $value | humanizeDuration }} ago",
      description:
        "Its watermark has not moved for 20 minutes while a change waits past its objective: a stage, a partition or a listing stands still.",
    },
    {
      alert: "TidemarkEventsBehind",
      expr: `time() - max by (source) (${names.heardUpTo}) > ${eventsBehindSeconds}`,
      for: "5m",
      severity: "ticket",
      summary:
        "What events of {{ $labels.source }} told of is applied up to {{ $value | humanizeDuration }} ago",
      description:
        "Its heartbeats do not come through, though nothing may be pending: a stage or a partition stands still, or its queue is not emptied.",
    },
    {
      alert: "TidemarkNotProven",
      expr: `${provenAgo} > 2 * ${scanEvery} + ${notProvenSeconds} or (${provenAgo} > ${notProvenSeconds} unless ${scanEvery})`,
      for: "10m",
      severity: "ticket",
      summary: "{{ $labels.source }} is proven only up to {{ $value | humanizeDuration }} ago",
      description:
        "No listing of it has ended since, in twice the time that its `scan` names and an hour, or its markers stand still.",
    },
    {
      alert: "TidemarkRestrictionsLate",
      expr: `sum by (source) (increase(${names.changesLate}{kind="restriction"}[5m])) >= ${lateMin}`,
      severity: "page",
      summary: "Deletes and permissions of {{ $labels.source }} are late",
      description:
        "{{ $value | humanize }} in 5 minutes: searches may show what nobody should see any more. Each response says so.",
    },
  ],
};

/** Over so long a time that it is worked out seldom. */
export const budgetRules: RuleGroup = {
  name: "tidemark-budgets",
  interval: "1m",
  rules: [{ record: budgetLeftRecord, expr: `1 - ${lateShare("30d")} / ${allowed}` }],
};
