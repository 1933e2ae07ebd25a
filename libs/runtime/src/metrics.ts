/**
 * Every metric by name: snake case, unit last. Labels have few values: a source is one of the
 * config, a reason one of a closed list, and no label ever carries a document, a text or a tenant.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** Both objectives' usual thresholds (5 s and 60 s) are bounds of buckets. */
const freshnessBuckets = [
  0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 21_600,
];
const stageBuckets = [
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800,
];
const searchBuckets = [0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];
/** A run of the model, and a request with its wait in the queue. */
const runBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];
const scanBuckets = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600];

export const changeKinds = ["change", "restriction"] as const;
/** Stages of the way, in order; together they are the lag. */
export const lagStages = ["observe", "queue", "chunk", "embed", "write", "visible"] as const;
export const scanFindings = ["added", "changed", "removed"] as const;
export const breakerStates = ["closed", "open"] as const;

export const metricNames = {
  freshnessLag: "tidemark_freshness_lag_seconds",
  changes: "tidemark_changes_total",
  changesLate: "tidemark_changes_late_total",
  pending: "tidemark_pending_documents",
  oldestPending: "tidemark_oldest_pending_timestamp_seconds",
  pendingStage: "tidemark_pending_stage_documents",
  partTroubled: "tidemark_part_troubled",
  completeUpTo: "tidemark_complete_up_to_timestamp_seconds",
  embeddingAge: "tidemark_embedding_age_seconds",
  embeddingAgeAt: "tidemark_embedding_age_timestamp_seconds",
  heardUpTo: "tidemark_heard_up_to_timestamp_seconds",
  objectiveRatio: "tidemark_objective_ratio",
  objective: "tidemark_objective_seconds",
  stage: "tidemark_stage_seconds",
  receipts: "tidemark_receipts_total",
  deadLetters: "tidemark_dead_letters_total",
  deadLettersKept: "tidemark_dead_letters",
  retries: "tidemark_retries_total",
  chunksEmbedded: "tidemark_chunks_embedded_total",
  chunksReused: "tidemark_chunks_reused_total",
  chunksRemoved: "tidemark_chunks_removed_total",
  embedTokens: "tidemark_embed_tokens_total",
  embedTokensSaved: "tidemark_embed_tokens_saved_total",
  embedCost: "tidemark_embed_cost_total",
  embedCostSaved: "tidemark_embed_cost_saved_total",
  budget: "tidemark_budget_ratio",
  embedQueue: "tidemark_embed_queue_texts",
  probe: "tidemark_probe_seconds",
  probeHidden: "tidemark_probe_hidden_seconds",
  probes: "tidemark_probes_total",
  probeFound: "tidemark_probe_found_timestamp_seconds",
  probeEvery: "tidemark_probe_every_seconds",
  embedderRequests: "tidemark_embedder_requests_total",
  embedderTexts: "tidemark_embedder_texts_total",
  embedderTokens: "tidemark_embedder_tokens_total",
  embedderRequest: "tidemark_embedder_request_seconds",
  embedderRun: "tidemark_embedder_run_seconds",
  search: "tidemark_search_seconds",
  searchIncomplete: "tidemark_search_incomplete_total",
  httpRequests: "tidemark_http_requests_total",
  scan: "tidemark_scan_seconds",
  scanEvery: "tidemark_scan_every_seconds",
  scanFound: "tidemark_scan_found_total",
  scanDocuments: "tidemark_scan_documents_total",
  held: "tidemark_held_deletes",
  slotKept: "tidemark_slot_kept_bytes",
  breaker: "tidemark_breaker_state",
  writerQueue: "tidemark_writer_queue_transactions",
  displaced: "tidemark_displaced_total",
  eventsLost: "tidemark_events_lost_total",
  auditFaults: "tidemark_audit_faults",
  auditEnd: "tidemark_audit_end_timestamp_seconds",
  auditDue: "tidemark_audit_due_timestamp_seconds",
  auditEvery: "tidemark_audit_every_seconds",
  rehearsalEnd: "tidemark_rehearsal_timestamp_seconds",
  documents: "tidemark_documents",
  points: "tidemark_points",
  generation: "tidemark_generation_info",
  sentinelDistance: "tidemark_sentinel_distance",
  benchmarkOverlap: "tidemark_benchmark_overlap_ratio",
  diagnosis: "tidemark_diagnosis_info",
  eventLoopLag: "tidemark_event_loop_lag_seconds",
  build: "tidemark_build_info",
  ready: "tidemark_ready",
} as const;

export type Metrics = ReturnType<typeof createMetrics>;

/** A registry of its own with every metric, and what Node tells of the process unless refused. */
export function createMetrics({ processDefaults = true } = {}) {
  const registry = new Registry();
  if (processDefaults) collectDefaultMetrics({ register: registry });
  const names = metricNames;
  const registers = [registry];

  const counter = <const Labels extends readonly string[]>(
    name: string,
    help: string,
    labelNames: Labels,
  ) => new Counter<Labels[number]>({ name, help, labelNames, registers });
  const gauge = <const Labels extends readonly string[]>(
    name: string,
    help: string,
    labelNames: Labels,
  ) => new Gauge<Labels[number]>({ name, help, labelNames, registers });
  const histogram = <const Labels extends readonly string[]>(
    name: string,
    help: string,
    labelNames: Labels,
    buckets: number[],
  ) => new Histogram<Labels[number]>({ name, help, labelNames, buckets, registers });

  return {
    registry,
    freshnessLag: histogram(
      names.freshnessLag,
      "From the source's change to found by search, by source and kind (change, restriction)",
      ["source", "kind"],
      freshnessBuckets,
    ),
    changes: counter(
      names.changes,
      "Changes that were found in time or whose target has passed, by source and kind",
      ["source", "kind"],
    ),
    changesLate: counter(
      names.changesLate,
      "Changes past their objective, counted the moment they become late",
      ["source", "kind"],
    ),
    pending: gauge(names.pending, "Documents with a change that cannot be found yet", ["source"]),
    oldestPending: gauge(
      names.oldestPending,
      "When the oldest pending change was made, in unix seconds; 0 when none is pending",
      ["source"],
    ),
    pendingStage: gauge(names.pendingStage, "Changes on their way, by the stage they are at", [
      "source",
      "stage",
    ]),
    partTroubled: gauge(
      names.partTroubled,
      "1 while a part does not answer or says what it waits for, seen from outside of it, else 0",
      ["part"],
    ),
    completeUpTo: gauge(
      names.completeUpTo,
      "Everything that the source changed before can be found, in unix seconds; 0 while unknown",
      ["source"],
    ),
    embeddingAge: gauge(
      names.embeddingAge,
      "How old stored vectors are; the quantile 1 is the oldest. Off by a quarter at most",
      ["source", "quantile"],
    ),
    embeddingAgeAt: gauge(
      names.embeddingAgeAt,
      "When the ages of vectors were counted, in unix seconds",
      ["source"],
    ),
    heardUpTo: gauge(
      names.heardUpTo,
      "All that events of a listed source told of before is applied, in unix seconds",
      ["source"],
    ),
    objectiveRatio: gauge(
      names.objectiveRatio,
      "The share of changes that the objective asks to be in time",
      ["source", "kind"],
    ),
    objective: gauge(names.objective, "Within how long a change is to be found", [
      "source",
      "kind",
    ]),
    stage: histogram(names.stage, "Time a change spends in each stage", ["stage"], stageBuckets),
    receipts: counter(names.receipts, "What became of mutations", ["outcome", "reason"]),
    deadLetters: counter(names.deadLetters, "Events set aside", ["reason"]),
    deadLettersKept: gauge(names.deadLettersKept, "Events that are set aside now", ["reason"]),
    retries: counter(names.retries, "Tries after a failure that may pass", ["stage"]),
    chunksEmbedded: counter(names.chunksEmbedded, "Chunks whose vector was made", ["source"]),
    chunksReused: counter(names.chunksReused, "Chunks whose vector was at hand", ["source"]),
    chunksRemoved: counter(names.chunksRemoved, "Chunks that left the index", ["source"]),
    embedTokens: counter(names.embedTokens, "Tokens run through a model", ["source"]),
    embedTokensSaved: counter(names.embedTokensSaved, "Tokens that need not be run", ["source"]),
    embedCost: counter(names.embedCost, "Money spent, in the embedder's currency", [
      "source",
      "generation",
    ]),
    embedCostSaved: counter(
      names.embedCostSaved,
      "Money that need not be spent, by an estimate: unchanged, reused, payload",
      ["source", "generation", "reason"],
    ),
    budget: gauge(names.budget, "Share of the day's budget that is spent; of several the most", []),
    embedQueue: gauge(names.embedQueue, "Texts waiting for a vector", ["lane"]),
    embedderRequests: counter(
      names.embedderRequests,
      "Requests to the embedder service by what became of them: answered, remembered, or refused",
      ["model", "outcome"],
    ),
    embedderTexts: counter(names.embedderTexts, "Texts that the embedder service embedded", [
      "model",
      "lane",
    ]),
    embedderTokens: counter(names.embedderTokens, "Tokens that the embedder service ran", [
      "model",
      "lane",
    ]),
    embedderRequest: histogram(
      names.embedderRequest,
      "From a request to its answer, its wait in the queue included",
      ["lane"],
      requestBuckets,
    ),
    embedderRun: histogram(
      names.embedderRun,
      "Time of one run of the model",
      ["model"],
      runBuckets,
    ),
    probe: histogram(
      names.probe,
      "From a probe's write in the source to the search that found it",
      ["source"],
      freshnessBuckets,
    ),
    probeHidden: histogram(
      names.probeHidden,
      "From a probe's delete in the source to the search that no longer found it",
      ["source"],
      freshnessBuckets,
    ),
    probes: counter(
      names.probes,
      "Rounds of a probe by what they came to: found (and gone again), late, lasting, unwritable, unanswered",
      ["source", "outcome"],
    ),
    probeFound: gauge(
      names.probeFound,
      "When a probe was found last, and gone again, in unix seconds; at first when its rounds began",
      ["source"],
    ),
    probeEvery: gauge(names.probeEvery, "How often a round of the probe begins", ["source"]),
    search: histogram(
      names.search,
      "Time of a search by part: embed (the query), index, total",
      ["part"],
      searchBuckets,
    ),
    searchIncomplete: counter(names.searchIncomplete, "Searches that stopped at a bound", [
      "bound",
    ]),
    httpRequests: counter(names.httpRequests, "Answers over HTTP", ["method", "route", "status"]),
    scan: histogram(names.scan, "Time of a whole scan", ["source"], scanBuckets),
    scanEvery: gauge(names.scanEvery, "The longest pause between scans, by the config", ["source"]),
    scanFound: counter(names.scanFound, "Changes that events had missed", ["source", "found"]),
    scanDocuments: counter(names.scanDocuments, "Documents that scans compared", ["source"]),
    held: gauge(names.held, "Deletes that wait for a person", ["source"]),
    slotKept: gauge(names.slotKept, "WAL that a database keeps for its reader", ["source"]),
    breaker: gauge(names.breaker, "1 for the state that a stage's breaker is in", [
      "breaker",
      "state",
    ]),
    writerQueue: gauge(names.writerQueue, "Write transactions that wait for SQLite", ["lane"]),
    eventsLost: counter(names.eventsLost, "Changes that a scan found and no event had told of", [
      "source",
    ]),
    displaced: counter(names.displaced, "Newer records that the log lost to older ones", [
      "source",
    ]),
    auditFaults: gauge(names.auditFaults, "Documents with a fault, by the last audit", [
      "source",
      "fault",
    ]),
    auditEnd: gauge(
      names.auditEnd,
      "When the last audit with this verdict ended, in unix seconds",
      ["source", "verdict"],
    ),
    auditDue: gauge(
      names.auditDue,
      "When the next audit is due, in unix seconds; absent where audits are made by hand alone",
      ["source"],
    ),
    auditEvery: gauge(
      names.auditEvery,
      "How often it is audited, by the config; absent where audits are made by hand alone",
      ["source"],
    ),
    rehearsalEnd: gauge(
      names.rehearsalEnd,
      "When the last rehearsal of a runbook with this outcome ended, in unix seconds",
      ["runbook", "outcome"],
    ),
    documents: gauge(names.documents, "Documents by state", ["source", "state"]),
    points: gauge(names.points, "Points that documents of a generation list", ["generation"]),
    generation: gauge(names.generation, "1 for the state that a generation is in", [
      "generation",
      "state",
    ]),
    sentinelDistance: gauge(
      names.sentinelDistance,
      "Cosine distance of fixed texts to what their vectors were; the quantile 1 is the worst",
      ["generation", "quantile"],
    ),
    benchmarkOverlap: gauge(
      names.benchmarkOverlap,
      "Share of fixed questions' top 10 in common with the run before",
      ["generation"],
    ),
    diagnosis: gauge(names.diagnosis, "1 for what the sentinels say has changed", [
      "generation",
      "cause",
    ]),
    eventLoopLag: gauge(
      names.eventLoopLag,
      "How late the event loop ran a timer, at worst since this was last asked for",
      [],
    ),
    build: gauge(names.build, "1, with the version", ["version"]),
    ready: gauge(names.ready, "1 while the process is ready, 0 while /readyz says why not", []),
  };
}

/** Sets the one state that holds to 1 and the others to 0, so that a panel can add them up. */
export function setState<Label extends string>(
  gauge: Gauge<Label | "state">,
  labels: Readonly<Record<Label, string>>,
  { state, states }: { readonly state: string; readonly states: readonly string[] },
): void {
  for (const each of states) {
    gauge.set(
      { ...labels, state: each } as Record<Label | "state", string>,
      each === state ? 1 : 0,
    );
  }
}

/**
 * Keeps a label's values few: the first `valuesMax` pass, later ones become `other`. For values
 * that are not from a closed list, such as a reason out of a foreign error.
 */
export function boundedLabel(valuesMax = 50): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= valuesMax || value.length > 64) return "other";
    seen.add(value);
    return value;
  };
}
