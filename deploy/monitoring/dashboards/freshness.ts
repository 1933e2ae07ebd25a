/** How far behind the index is, against what was promised. */
import { metricNames as names } from "@tidemark/runtime";
import { budgetLeftRecord, burnRecord } from "../objective-rules.ts";
import type { Board } from "./panel.ts";

const bySourceAndKind = "{{source}} · {{kind}}";
const percentile = (share: number) =>
  `histogram_quantile(${share}, sum by (le, source, kind) (rate(${names.freshnessLag}_bucket[5m])))`;

const probed = (name: string, share: number) =>
  `histogram_quantile(${share}, sum by (le, source) (rate(${name}_bucket[15m])))`;

export const freshnessBoard: Board = {
  uid: "tidemark-freshness",
  title: "Freshness SLO",
  description: "How far behind the index is, against its objectives.",
  rows: {
    Objective: [
      {
        title: "Asked for in time",
        unit: "percentunit",
        isStat: true,
        queries: { [bySourceAndKind]: `max by (source, kind) (${names.objectiveRatio})` },
      },
      {
        title: "Within",
        unit: "s",
        isStat: true,
        queries: { [bySourceAndKind]: `max by (source, kind) (${names.objective})` },
      },
      {
        title: "Budget left, over 30 days",
        unit: "percentunit",
        isStat: true,
        queries: { [bySourceAndKind]: budgetLeftRecord },
      },
    ],
    Budget: [
      {
        title: "Burn rate",
        description: "1 uses the budget up exactly when its time is over.",
        unit: "short",
        queries: {
          [`5 min · ${bySourceAndKind}`]: burnRecord("5m"),
          [`1 h · ${bySourceAndKind}`]: burnRecord("1h"),
          [`6 h · ${bySourceAndKind}`]: burnRecord("6h"),
          [`3 d · ${bySourceAndKind}`]: burnRecord("3d"),
        },
      },
      {
        title: "Changes, and late ones",
        unit: "ops",
        queries: {
          [`all · ${bySourceAndKind}`]: `sum by (source, kind) (rate(${names.changes}[5m]))`,
          [`late · ${bySourceAndKind}`]: `sum by (source, kind) (rate(${names.changesLate}[5m]))`,
        },
      },
    ],
    Lag: [
      {
        title: "From change to found",
        unit: "s",
        queries: {
          [`p50 · ${bySourceAndKind}`]: percentile(0.5),
          [`p95 · ${bySourceAndKind}`]: percentile(0.95),
          [`p99 · ${bySourceAndKind}`]: percentile(0.99),
        },
      },
      {
        title: "Behind the watermark",
        description:
          "Everything older than this can be found; of what is listed, between scans, what events told of.",
        unit: "s",
        queries: {
          "{{source}}": `time() - (max by (source) (${names.completeUpTo}) > 0)`,
          "told by events · {{source}}": `time() - max by (source) (${names.heardUpTo})`,
        },
      },
    ],
    Probe: [
      {
        title:
          "From a probe's write to the search that finds it, and from its delete to one that does not",
        unit: "s",
        queries: {
          "found p50 · {{source}}": probed(names.probe, 0.5),
          "found p95 · {{source}}": probed(names.probe, 0.95),
          "gone p50 · {{source}}": probed(names.probeHidden, 0.5),
          "gone p95 · {{source}}": probed(names.probeHidden, 0.95),
        },
      },
      {
        title: "Probes by what they came to",
        unit: "ops",
        queries: {
          "{{source}} · {{outcome}}": `sum by (source, outcome) (rate(${names.probes}[15m]))`,
        },
      },
    ],
    Pending: [
      {
        title: "Pending by stage",
        unit: "short",
        queries: {
          "{{source}} · {{stage}}": `max by (source, stage) (${names.pendingStage})`,
        },
      },
      {
        title: "Pending documents",
        unit: "short",
        queries: { "{{source}}": `max by (source) (${names.pending})` },
      },
      {
        title: "Age of the oldest pending change",
        unit: "s",
        queries: {
          "{{source}}": `time() - (max by (source) (${names.oldestPending}) > 0) or 0 * max by (source) (${names.oldestPending})`,
        },
      },
    ],
  },
};
