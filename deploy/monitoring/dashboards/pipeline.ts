/** The way through the pipeline, and how well the index is. */
import { metricNames as names } from "@tidemark/runtime";
import type { Board } from "./panel.ts";

const quantile = (share: number, name: string, label: string) =>
  `histogram_quantile(${share}, sum by (le, ${label}) (rate(${name}_bucket[5m])))`;

export const pipelineBoard: Board = {
  uid: "tidemark-pipeline",
  title: "Pipeline and index health",
  description:
    "Where changes are on their way, what was set aside, and whether the index is right.",
  rows: {
    Stages: [
      {
        title: "Time in each stage",
        unit: "s",
        queries: {
          "p50 · {{stage}}": quantile(0.5, names.stage, "stage"),
          "p99 · {{stage}}": quantile(0.99, names.stage, "stage"),
        },
      },
      {
        title: "What became of mutations",
        unit: "ops",
        queries: { "{{outcome}}": `sum by (outcome) (rate(${names.receipts}[5m]))` },
      },
      {
        title: "Tries again, and set aside",
        unit: "ops",
        queries: {
          "tried again · {{stage}}": `sum by (stage) (rate(${names.retries}[5m]))`,
          "set aside · {{reason}}": `sum by (reason) (rate(${names.deadLetters}[5m]))`,
        },
      },
      {
        title: "Set aside now",
        unit: "short",
        queries: { "{{reason}}": `max by (reason) (${names.deadLettersKept})` },
      },
      {
        title: "Breakers that are open",
        description: "One batch at a time is tried, until one succeeds.",
        unit: "short",
        queries: { "{{breaker}}": `max by (breaker) (${names.breaker}{state="open"})` },
      },
    ],
    Sources: [
      {
        title: "Time of a scan",
        unit: "s",
        queries: {
          "{{source}}": `sum by (source) (rate(${names.scan}_sum[1h])) / (sum by (source) (rate(${names.scan}_count[1h])) > 0)`,
        },
      },
      {
        title: "Found by scans, missed by events",
        unit: "ops",
        queries: {
          "{{source}} · {{found}}": `sum by (source, found) (rate(${names.scanFound}[1h]))`,
          "lost · {{source}}": `sum by (source) (rate(${names.eventsLost}[1h]))`,
        },
      },
      {
        title: "Log that a database keeps",
        unit: "bytes",
        queries: { "{{source}}": `max by (source) (${names.slotKept})` },
      },
      {
        title: "Deletes that are held",
        unit: "short",
        queries: { "{{source}}": `max by (source) (${names.held})` },
      },
    ],
    Embedding: [
      {
        title: "Chunks",
        unit: "ops",
        queries: {
          embedded: `sum(rate(${names.chunksEmbedded}[5m]))`,
          reused: `sum(rate(${names.chunksReused}[5m]))`,
          removed: `sum(rate(${names.chunksRemoved}[5m]))`,
        },
      },
      {
        title: "Tokens, and those that need not be run",
        unit: "ops",
        queries: {
          "run · {{source}}": `sum by (source) (rate(${names.embedTokens}[5m]))`,
          "saved · {{source}}": `sum by (source) (rate(${names.embedTokensSaved}[5m]))`,
        },
      },
      {
        title: "Money spent, and saved",
        unit: "short",
        queries: {
          "spent · {{source}} · {{generation}}": `sum by (source, generation) (${names.embedCost})`,
          "saved · {{source}} · {{reason}}": `sum by (source, reason) (${names.embedCostSaved})`,
        },
      },
      {
        title: "Share of the day's budget",
        unit: "percentunit",
        queries: { spent: `max(${names.budget})` },
      },
      {
        title: "Texts that wait for a vector",
        unit: "short",
        queries: { "{{lane}}": `sum by (lane) (${names.embedQueue})` },
      },
      {
        title: "Embedder service: time of a request",
        unit: "s",
        queries: {
          "p99 · {{lane}}": quantile(0.99, names.embedderRequest, "lane"),
        },
      },
    ],
    Search: [
      {
        title: "Time of a search",
        unit: "s",
        queries: {
          "p50 · {{part}}": quantile(0.5, names.search, "part"),
          "p99 · {{part}}": quantile(0.99, names.search, "part"),
        },
      },
      {
        title: "Answers over HTTP",
        unit: "ops",
        queries: { "{{status}}": `sum by (status) (rate(${names.httpRequests}[5m]))` },
      },
      {
        title: "Searches that stopped at a bound",
        unit: "ops",
        queries: { "{{bound}}": `sum by (bound) (rate(${names.searchIncomplete}[5m]))` },
      },
    ],
    Index: [
      {
        title: "Documents",
        unit: "short",
        queries: { "{{source}} · {{state}}": `max by (source, state) (${names.documents})` },
      },
      {
        title: "Points by generation",
        unit: "short",
        queries: { "{{generation}}": `max by (generation) (${names.points})` },
      },
      {
        title: "Age of vectors",
        description: "Off by a quarter at most.",
        unit: "s",
        queries: {
          "{{source}} · {{quantile}}": `max by (source, quantile) (${names.embeddingAge})`,
        },
      },
      {
        title: "States of generations",
        unit: "short",
        queries: {
          "{{generation}} · {{state}}": `max by (generation, state) (${names.generation}) > 0`,
        },
      },
      {
        title: "Faults by the last audit",
        unit: "short",
        queries: { "{{source}} · {{fault}}": `max by (source, fault) (${names.auditFaults})` },
      },
      {
        title: "Since the last audit",
        unit: "s",
        queries: { "{{source}}": `time() - max by (source) (${names.auditEnd})` },
      },
    ],
    Sentinels: [
      {
        title: "Distance of fixed texts",
        description: "0.005 is rounding, 0.02 is to be looked at, 0.05 is another space.",
        unit: "short",
        queries: {
          "{{generation}} · {{quantile}}": `max by (generation, quantile) (${names.sentinelDistance})`,
        },
      },
      {
        title: "Ten best of fixed questions, in common with before",
        unit: "percentunit",
        queries: { "{{generation}}": `min by (generation) (${names.benchmarkOverlap})` },
      },
      {
        title: "Causes that are named",
        unit: "short",
        queries: {
          "{{generation}} · {{cause}}": `max by (generation, cause) (${names.diagnosis})`,
        },
      },
    ],
    Resources: [
      {
        title: "Ready",
        unit: "short",
        queries: { "{{service}} {{instance}}": `${names.ready}{job="tidemark"}` },
      },
      {
        title: "Writes that wait for SQLite",
        unit: "short",
        queries: { "{{lane}}": `sum by (lane) (${names.writerQueue})` },
      },
      {
        title: "CPU",
        unit: "percentunit",
        queries: {
          "{{service}} {{instance}}": `rate(process_cpu_seconds_total{job="tidemark"}[5m])`,
        },
      },
      {
        title: "Memory",
        unit: "bytes",
        queries: { "{{service}} {{instance}}": `process_resident_memory_bytes{job="tidemark"}` },
      },
      {
        title: "How late the event loop is",
        unit: "s",
        queries: {
          "p99 · {{service}} {{instance}}": `nodejs_eventloop_lag_p99_seconds{job="tidemark"}`,
          "worst · {{service}} {{instance}}": `${names.eventLoopLag}{job="tidemark"}`,
        },
      },
    ],
  },
};
