/** How far behind each source is, a line each. */
import type { FreshnessWire, SourceFreshnessWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import type { Color, Paint } from "../output.ts";
import { ago, count, duration, figure, limit, share } from "./amounts.ts";
import { table } from "./table.ts";

type Verdict = FreshnessWire["verdict"];

const colors: Readonly<Record<Verdict, Color>> = {
  met: "green",
  late: "yellow",
  breached: "red",
  unknown: "yellow",
};

/** 0 met, 1 late, 2 breached, 3 cannot tell. */
export function exitCodeOf(verdict: Verdict): number {
  return { ...exitCodes, met: exitCodes.ok }[verdict];
}

export function freshnessText(report: FreshnessWire, paint: Paint): readonly string[] {
  if (report.sources.length === 0) return ["no sources"];
  const rows = report.sources.map((source) => sourceRow(source));
  const lines = table(rows, { gap: "   " }).map((line, index) => {
    const verdict = report.sources[index]?.verdict ?? "unknown";
    const word = wordOf(verdict);
    return `${line.slice(0, line.length - word.length)}${paint(colors[verdict], word)}`;
  });
  const { restrictionLagMs, troubles } = report;
  return [
    ...lines,
    ...report.sources.flatMap((source) => budgetLines(source, paint)),
    ...report.sources.flatMap((source) => pendingLines(source, report.at, paint)),
    ...report.sources.flatMap((source) => tenantLines(source, paint)),
    ...report.sources.flatMap((source) => ageLines(source, report.at, paint)),
    ...report.sources.flatMap((source) => probeLines(source, report.at, paint)),
    ...troubles.map(({ part, trouble }) => paint("yellow", `${part}: ${trouble}`)),
    ...(restrictionLagMs === null
      ? []
      : [paint("dim", `restrictions within ${duration(restrictionLagMs)}`)]),
  ];
}

/** A line for each objective that something was counted for. */
function budgetLines(source: SourceFreshnessWire, paint: Paint): readonly string[] {
  const counted = (source.pendingChanges?.objectives ?? []).filter(({ ratio }) => ratio !== null);
  return counted.map(({ alert, budgetLeft, burn, kind, late, objective, overMs, tenant }) => {
    const of = tenant === null ? source.source : `${source.source} of ${tenant}`;
    const rates = (["5m", "1h", "6h", "3d"] as const).map(
      (name) => `${name} ${burn[name] === null ? "-" : `${Number(burn[name].toFixed(1))}x`}`,
    );
    const line =
      `${of} ${kind}s ${share(objective.share)} within ${limit(objective.withinMs)}: ` +
      `${figure(late)} late, ${share(Math.max(0, budgetLeft))} of the budget of ` +
      `${limit(overMs)} left, burning ${rates.join(" · ")}`;
    return alert === null ? paint("dim", line) : paint("red", `${line} (${alert})`);
  });
}

function pendingLines(source: SourceFreshnessWire, at: string, paint: Paint): readonly string[] {
  const { oldest = null, late = 0, stages } = source.pendingChanges ?? {};
  if (!oldest) return [];
  const ageMs = Math.max(0, Date.parse(at) - Date.parse(oldest.since));
  const why = oldest.trouble === null ? "" : `: ${oldest.trouble}`;
  const places = Object.entries(stages ?? {}).flatMap(([stage, number]) =>
    number > 0 ? [`${stage} ${figure(number)}`] : [],
  );
  const line =
    `${source.source} oldest pending ${duration(ageMs)}, at ${oldest.stage}, ` +
    `waits for the ${oldest.waitsFor}${why} (${places.join(" · ")})`;
  return [late > 0 ? paint("yellow", line) : paint("dim", line)];
}

function tenantLines({ source, tenants }: SourceFreshnessWire, paint: Paint): readonly string[] {
  return tenants.map(({ lagMs, tenant }) =>
    paint("dim", `${source} of ${tenant} lag ${lagMs === null ? "unknown" : duration(lagMs)}`),
  );
}

function ageLines(
  { embeddingAge: age, source }: SourceFreshnessWire,
  at: string,
  paint: Paint,
): readonly string[] {
  if (!age) return [];
  const counted = duration(Math.max(0, Date.parse(at) - Date.parse(age.at)));
  const line =
    `${source} vectors: half younger than ${duration(age.p50Ms)}, 99 % than ` +
    `${duration(age.p99Ms)}, the oldest ${duration(age.oldestMs)} ` +
    `(${count(age.points, "point")}, counted ${counted} ago)`;
  return [paint("dim", line)];
}

function probeLines(
  { probe, source }: SourceFreshnessWire,
  at: string,
  paint: Paint,
): readonly string[] {
  if (!probe) return [];
  const { hiddenMs, lagMs, outcome, reason, withinMs, writtenAt } = probe;
  const why = reason === null ? "" : `: ${reason}`;
  const came = {
    found: `found after ${duration(lagMs ?? 0)}, gone ${duration(hiddenMs ?? 0)} after its delete`,
    lasting:
      hiddenMs === null
        ? `deleted and still found, not gone within ${limit(withinMs)}`
        : `gone ${duration(hiddenMs)} after its delete, not within ${limit(withinMs)}`,
    late:
      lagMs === null
        ? `late: not found within ${limit(withinMs)}`
        : `late: found after ${duration(lagMs)}, not within ${limit(withinMs)}`,
    unwritable: `could not be written${why}`,
    unanswered: `late: no search was answered within ${limit(withinMs)}${why}`,
  }[outcome];
  return [
    paint(
      outcome === "found" ? "dim" : "yellow",
      `${source} probe of ${ago(writtenAt, Date.parse(at))} ${came}`,
    ),
  ];
}

export function sourceRow(source: SourceFreshnessWire): readonly string[] {
  const { objective, blocked, held, failed } = source;
  const trouble = [
    held > 0 ? `${figure(held)} held` : "",
    blocked > 0 ? `${figure(blocked)} cannot be read` : "",
    failed > 0 ? `${figure(failed)} failed` : "",
  ].filter(Boolean);
  return [
    source.source,
    source.lagMs === null ? "lag unknown" : `lag ${duration(source.lagMs)}`,
    `pending ${[figure(source.pending), ...trouble].join(" · ")}`,
    `${share(objective.share)} within ${limit(objective.withinMs)}: ${wordOf(source.verdict)}`,
  ];
}

function wordOf(verdict: Verdict): string {
  return verdict === "unknown" ? "cannot tell" : verdict;
}
