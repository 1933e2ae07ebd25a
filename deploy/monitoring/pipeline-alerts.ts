/** What stands in the way of changes: things set aside, held, broken or away. */
import { metricNames as names } from "@tidemark/runtime";
import type { RuleGroup } from "./rule.ts";

/** A reader's slot past this is behind by more than a burst; the slot itself is dropped at `slotMax`. */
const slotKeptBytesMax = 1024 ** 3;
/** A few seconds of work for a model on two cores. */
const queuedTextsMax = 1_000;

export const pipelineAlerts: RuleGroup = {
  name: "tidemark-pipeline",
  rules: [
    {
      alert: "TidemarkPartStalled",
      // What a source cannot tell of, or the log does not take, is nowhere counted as late.
      expr: `max by (part) (${names.partTroubled}) > 0`,
      for: "2m",
      severity: "page",
      summary: "The {{ $labels.part }} does not answer, or waits for what does not",
      description:
        "For 2 minutes, seen from outside of it: changes wait for it, also those that nobody can count yet.",
    },
    {
      alert: "TidemarkDeadLettersRising",
      // A series that was born lately has risen as well, which increase() does not see.
      expr: `sum by (reason) (increase(${names.deadLetters}[15m])) > 0 or (sum by (reason) (${names.deadLetters}) unless sum by (reason) (${names.deadLetters} offset 15m)) > 0`,
      severity: "ticket",
      summary: "Events are set aside: {{ $labels.reason }}",
      description:
        "{{ $value | humanize }} events were set aside in 15 minutes. Their documents stay as they were, or are missing, until somebody looks.",
    },
    {
      alert: "TidemarkHeldDeletes",
      expr: `max by (source) (${names.held}) > 0`,
      for: "10m",
      severity: "ticket",
      summary: "Deletes of {{ $labels.source }} wait for a person",
      description:
        "{{ $value }} documents were absent from a listing, more than may go without being asked for. They are found until somebody says which it is.",
    },
    {
      alert: "TidemarkRetriesLasting",
      expr: `sum by (stage) (increase(${names.retries}[5m])) > 10`,
      for: "5m",
      severity: "ticket",
      summary: "{{ $labels.stage }} tries again and again",
      description:
        "{{ $value | humanize }} tries failed in 5 minutes, and have for 5 minutes more: what the stage depends on answers badly. Nothing is lost, and it is late.",
    },
    {
      alert: "TidemarkSlotKeepsLog",
      expr: `max by (source) (${names.slotKept}) > ${slotKeptBytesMax}`,
      for: "10m",
      severity: "ticket",
      summary: "The database keeps {{ $value | humanize1024 }}B of log for {{ $labels.source }}",
      description:
        "The reader is behind or away, and the database's disk fills. At the source's slotMax the slot is dropped and tables are read again.",
    },
    {
      alert: "TidemarkEmbedderQueue",
      expr: `sum by (lane) (${names.embedQueue}{lane!="backfill"}) > ${queuedTextsMax}`,
      for: "10m",
      severity: "ticket",
      summary: "{{ $value }} texts wait for a vector in lane {{ $labels.lane }}",
      description: "The embedder makes vectors more slowly than changes come: they become late.",
    },
    {
      alert: "TidemarkSearchIncomplete",
      expr: `sum(rate(${names.searchIncomplete}[15m])) / (sum(rate(${names.search}_count{part="total"}[15m])) > 0) > 0.01`,
      for: "15m",
      severity: "ticket",
      summary: "{{ $value | humanizePercentage }} of searches stop at a bound",
      description: "They answer with fewer hits than there may be, and say so.",
    },
    {
      alert: "TidemarkEventsLost",
      expr: `sum by (source) (increase(${names.eventsLost}[1h])) > 0 or (sum by (source) (${names.eventsLost}) unless sum by (source) (${names.eventsLost} offset 1h)) > 0`,
      severity: "ticket",
      summary: "Events of {{ $labels.source }} did not come",
      description:
        "A scan found {{ $value | humanize }} changes that no event had told of. They were found late.",
    },
    {
      alert: "TidemarkBudgetReached",
      expr: `max(${names.budget}) >= 1`,
      severity: "page",
      summary: "The day's budget for embedding is spent",
      description:
        "Changes that need a vector wait for the next day; nothing is dropped, and deletes and permissions go on.",
    },
  ],
};
