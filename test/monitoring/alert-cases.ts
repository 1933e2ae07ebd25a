/** For each alert, series that make it fire and series close to them that do not. */
export interface AlertCase {
  /** By series, samples as promtool writes them, `every` apart. */
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  readonly every?: string;
}

export interface AlertCases {
  readonly fires: AlertCase;
  readonly quiet: AlertCase;
}

const up = 'up{job="tidemark",service="chunker",instance="a"}';
const change = '{source="files",kind="change"}';
const restriction = '{source="files",kind="restriction"}';
const files = '{source="files"}';

const worstSentinel = 'tidemark_sentinel_distance{generation="g1",quantile="1"}';

/** The next audit is due an hour after the clocks' beginning, and so often. */
const auditDue = (every: "6h" | "12h"): AlertCase["series"] => ({
  [`tidemark_audit_due_timestamp_seconds${files}`]: "3600x90",
  [`tidemark_audit_every_seconds${files}`]: every === "6h" ? "21600x90" : "43200x90",
});

/** A change a second, and of a hundred so many late. */
function burning(late: number, input: Pick<AlertCase, "at" | "every">): AlertCase {
  const perSample = input.every === "10m" ? 6 : 0.6;
  return {
    ...input,
    series: {
      [`tidemark_changes_total${change}`]: `0+${100 * perSample}x900`,
      [`tidemark_changes_late_total${change}`]: `0+${late * perSample}x900`,
      [`tidemark_objective_ratio${change}`]: "0.99x900",
    },
  };
}

/** Behind since the beginning: clocks of these tests start at 0. */
function behind(input: {
  readonly oldest: string;
  readonly watermark: string;
}): AlertCase["series"] {
  return {
    [`tidemark_oldest_pending_timestamp_seconds${files}`]: input.oldest,
    [`tidemark_complete_up_to_timestamp_seconds${files}`]: input.watermark,
    [`tidemark_objective_seconds${change}`]: "60x2000",
  };
}

/** Proven up to the clocks' beginning, and listed so often. */
const notProven = (scanEvery: string): AlertCase["series"] => ({
  ...behind({ oldest: "0x90", watermark: "60x90" }),
  [`tidemark_scan_every_seconds${files}`]: scanEvery,
});

const at = (when: string, series: AlertCase["series"]): AlertCase => ({ series, at: when });

export const alertCases: Readonly<Record<string, AlertCases>> = {
  TidemarkPartStalled: {
    fires: at("10m", { 'tidemark_part_troubled{part="chunker"}': "0x5 1x5" }),
    quiet: at("10m", { 'tidemark_part_troubled{part="chunker"}': "0x5 1 0 1 0x5" }),
  },
  TidemarkDeadLettersRising: {
    fires: at("40m", { 'tidemark_dead_letters_total{reason="unreadable"}': "_x30 1x10" }),
    quiet: at("40m", { 'tidemark_dead_letters_total{reason="unreadable"}': "3x40" }),
  },
  TidemarkHeldDeletes: {
    fires: at("15m", { [`tidemark_held_deletes${files}`]: "120x15" }),
    quiet: at("15m", { [`tidemark_held_deletes${files}`]: "120x7 0x8" }),
  },
  TidemarkRetriesLasting: {
    fires: at("20m", { 'tidemark_retries_total{stage="upserter"}': "0+5x20" }),
    quiet: at("20m", { 'tidemark_retries_total{stage="upserter"}': "0+1x20" }),
  },
  TidemarkSlotKeepsLog: {
    fires: at("20m", { [`tidemark_slot_kept_bytes${files}`]: "2000000000x20" }),
    quiet: at("20m", { [`tidemark_slot_kept_bytes${files}`]: "900000000x20" }),
  },
  TidemarkEmbedderQueue: {
    fires: at("20m", { 'tidemark_embed_queue_texts{lane="live"}': "1500x20" }),
    quiet: at("20m", {
      'tidemark_embed_queue_texts{lane="live"}': "900x20",
      'tidemark_embed_queue_texts{lane="backfill"}': "90000x20",
    }),
  },
  TidemarkSearchIncomplete: {
    fires: at("40m", {
      'tidemark_search_incomplete_total{bound="candidates"}': "0+2x40",
      'tidemark_search_seconds_count{part="total"}': "0+100x40",
    }),
    quiet: at("40m", {
      'tidemark_search_incomplete_total{bound="candidates"}': "0+0.5x40",
      'tidemark_search_seconds_count{part="total"}': "0+100x40",
    }),
  },
  TidemarkEventsLost: {
    fires: at("90m", { [`tidemark_events_lost_total${files}`]: "0x60 7x30" }),
    quiet: at("90m", { [`tidemark_events_lost_total${files}`]: "7x90" }),
  },
  TidemarkBudgetReached: {
    fires: at("5m", { tidemark_budget_ratio: "0.9 0.95 1x5" }),
    quiet: at("5m", { tidemark_budget_ratio: "0.98x5" }),
  },
  TidemarkServiceDown: {
    fires: at("10m", { [up]: "1x5 0x5" }),
    quiet: at("10m", { [up]: "1x5 0 1x5" }),
  },
  TidemarkServiceGone: {
    fires: at("100m", { [up]: "1x70 stale", [up.replaceAll("chunker", "gateway")]: "1x100" }),
    quiet: at("100m", { [up]: "1x100", [up.replaceAll("chunker", "gateway")]: "1x100" }),
  },
  TidemarkAbsent: {
    fires: at("20m", { 'up{job="qdrant"}': "1x20" }),
    quiet: at("20m", { [up]: "0x20" }),
  },
  TidemarkNotReady: {
    fires: at("40m", { [`tidemark_ready${up.slice(2)}`]: "0x40" }),
    quiet: at("40m", { [`tidemark_ready${up.slice(2)}`]: "0x25 1 0x25" }),
  },
  TidemarkRestarting: {
    fires: at("30m", { [`process_start_time_seconds${up.slice(2)}`]: "0+10x30" }),
    quiet: at("30m", { [`process_start_time_seconds${up.slice(2)}`]: "5x14 6x15" }),
  },
  TidemarkEventLoopStalls: {
    fires: at("20m", { [`nodejs_eventloop_lag_p99_seconds${up.slice(2)}`]: "0.8x20" }),
    quiet: at("20m", { [`nodejs_eventloop_lag_p99_seconds${up.slice(2)}`]: "0.1x20" }),
  },
  TidemarkAuditFaults: {
    fires: at("5m", { 'tidemark_audit_faults{source="files",fault="missing"}': "3x5" }),
    quiet: at("5m", { 'tidemark_audit_faults{source="files",fault="missing"}': "0x5" }),
  },
  TidemarkAuditOverdue: {
    fires: { at: "10h", every: "10m", series: auditDue("6h") },
    quiet: { at: "10h", every: "10m", series: auditDue("12h") },
  },
  TidemarkProbeLate: {
    // Whoever ran them is gone, and said so itself before.
    fires: at("20m", {
      [`tidemark_probe_found_timestamp_seconds${files}`]: "0+60x10 stale",
      [`tidemark_probe_every_seconds${files}`]: "60x10 stale",
    }),
    quiet: at("20m", {
      [`tidemark_probe_found_timestamp_seconds${files}`]: "0+60x18 1080x2",
      [`tidemark_probe_every_seconds${files}`]: "60x20",
    }),
  },
  TidemarkVectorsMoved: {
    fires: at("5m", { [worstSentinel]: "0.03x5" }),
    quiet: at("5m", {
      [worstSentinel]: "0.01x5",
      [worstSentinel.replace('"1"', '"0.5"')]: "0.03x5",
    }),
  },
  TidemarkVectorsForeign: {
    fires: at("5m", { [worstSentinel]: "0.06x5" }),
    quiet: at("5m", { [worstSentinel]: "0.04x5" }),
  },
  TidemarkBenchmarkOverlap: {
    fires: at("5m", { 'tidemark_benchmark_overlap_ratio{generation="g1"}': "0.6x5" }),
    quiet: at("5m", { 'tidemark_benchmark_overlap_ratio{generation="g1"}': "0.8x5" }),
  },
  TidemarkDiagnosis: {
    fires: at("5m", { 'tidemark_diagnosis_info{generation="g1",cause="tokenizer"}': "1x5" }),
    quiet: at("5m", { 'tidemark_diagnosis_info{generation="g1",cause="tokenizer"}': "0x5" }),
  },
  TidemarkFreshnessFastBurn: {
    fires: burning(20, { at: "65m" }),
    quiet: burning(10, { at: "65m" }),
  },
  TidemarkFreshnessSteadyBurn: {
    fires: burning(7, { at: "370m" }),
    quiet: burning(5, { at: "370m" }),
  },
  TidemarkFreshnessSlowBurn: {
    fires: burning(2, { at: "73h", every: "10m" }),
    quiet: burning(0.5, { at: "73h", every: "10m" }),
  },
  TidemarkOldestPending: {
    fires: at("30m", behind({ oldest: "1200x40", watermark: "0+60x40" })),
    quiet: at("30m", behind({ oldest: "0+59x40", watermark: "0+60x40" })),
  },
  TidemarkWatermarkBehind: {
    fires: at("40m", behind({ oldest: "900x60", watermark: "0+60x15 900x45" })),
    // As after a scan: not moving, with nothing that waits too long.
    quiet: at("40m", behind({ oldest: "0+60x60", watermark: "0+60x15 900x45" })),
  },
  TidemarkEventsBehind: {
    fires: at("25m", { [`tidemark_heard_up_to_timestamp_seconds${files}`]: "60x30" }),
    quiet: at("25m", { [`tidemark_heard_up_to_timestamp_seconds${files}`]: "0+50x30" }),
  },
  TidemarkNotProven: {
    fires: { at: "14h", every: "10m", series: notProven("21600x90") },
    quiet: { at: "14h", every: "10m", series: notProven("43200x90") },
  },
  TidemarkRestrictionsLate: {
    fires: at("30m", { [`tidemark_changes_late_total${restriction}`]: "0x25 0+2x10" }),
    quiet: at("30m", {
      [`tidemark_changes_late_total${restriction}`]: "5x40",
      [`tidemark_changes_late_total${change}`]: "0+9x40",
    }),
  },
};
