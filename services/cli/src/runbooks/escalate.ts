/** Decides whether a runbook has to stop, and names the part, what to do and the page. */
import type { FreshnessWire, SentinelsWire } from "@tidemark/api";
import type { DriftCause } from "@tidemark/domain";
import type { Escalation } from "./runbook-report.ts";

type Part = FreshnessWire["troubles"][number]["part"];
type Source = FreshnessWire["sources"][number];

const page = (name: string) => `docs/runbooks/${name}.md`;

const parts: Readonly<Record<Part, { readonly fix: string; readonly page: string }>> = {
  source: { fix: "`tidemark doctor` says what its root lacks", page: page("watermark-behind") },
  log: { fix: "bring Kafka, or the disk, back", page: page("service-down") },
  resolver: { fix: "start or restart the ingestor", page: page("oldest-pending") },
  restrictor: { fix: "start or restart the restrictor first", page: page("restrictions-late") },
  chunker: { fix: "start or restart the chunker", page: page("oldest-pending") },
  embedder: { fix: "bring embedders back, or add some", page: page("embedder-queue") },
  upserter: { fix: "start or restart the upserter", page: page("oldest-pending") },
  index: { fix: "bring Qdrant, or the disk, back", page: page("service-down") },
};

/**
 * Of the pipeline, by the first that holds; null while it is well. What is pending in time is no
 * obstacle: it is on its way.
 *
 *   a part is in trouble                        that part
 *   a change is later than its objective        the part that the oldest one waits for
 *   otherwise                                   none
 */
export function obstacleOf(freshness: FreshnessWire, source: string | null): Escalation | null {
  const chosen = freshness.sources.filter((each) => source === null || each.source === source);
  const late = chosen.find(isLate);
  const oldest = late?.pendingChanges?.oldest ?? null;
  const [trouble] = freshness.troubles;
  if (trouble) {
    const stage = oldest?.waitsFor === trouble.part ? oldest.stage : null;
    return { reason: trouble.trouble, part: trouble.part, stage, ...parts[trouble.part] };
  }
  if (!late || !oldest) return null;
  const { stage, waitsFor } = oldest;
  const reason =
    `${late.pendingChanges?.late ?? 0} changes of ${late.source} are later than their objective, ` +
    `the oldest waits for the ${waitsFor}`;
  return { reason, part: waitsFor, stage, ...parts[waitsFor] };
}

function isLate({ pendingChanges }: Source): boolean {
  return pendingChanges !== null && pendingChanges.late > 0 && pendingChanges.oldest !== null;
}

/** Causes by which the embedder makes other vectors than those that are stored. */
const ofEmbedder: ReadonlySet<DriftCause> = new Set(["weights", "tokenizer", "preprocessing"]);

/** Whether what would be embedded again would be of another space; what is slight may be rounding. */
export function anotherEmbedder({ generations }: SentinelsWire): Escalation | null {
  const active = generations.find(({ state }) => state === "active");
  const finding = active?.findings.find(
    ({ cause, severity }) => ofEmbedder.has(cause) && severity !== "slight",
  );
  if (!finding) return null;
  return {
    reason: `the embedder is not what it was: ${finding.cause}, ${finding.detail}`,
    part: "embedder",
    stage: "embed",
    fix: "put back what it was, or declare the other and build a generation: nothing is embedded before",
    page: page("diagnosis"),
  };
}

/** What an audit gives for mending nothing. */
export function refusalOf(refused: string): Escalation {
  const isRising = refused.startsWith("dead letters");
  return {
    reason: refused,
    part: null,
    stage: null,
    fix: isRising ? "`tidemark dlq list` says why" : "`tidemark freshness` names the stage",
    page: page(isRising ? "dead-letters-rising" : "freshness-fast-burn"),
  };
}

/** Documents that were asked for and are not right in time. */
export function overdueOf(
  left: { readonly count: number; readonly first: string; readonly why: string },
  obstacle: Escalation | null,
): Escalation {
  const reason = `${left.count} not right in time, such as ${left.first}: ${left.why}`;
  if (obstacle) return { ...obstacle, reason: `${reason}; ${obstacle.reason}` };
  return {
    reason,
    part: null,
    stage: null,
    fix: `\`tidemark why ${left.first}\` tells which step it was lost at`,
    page: page("oldest-pending"),
  };
}
