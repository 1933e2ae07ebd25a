/** How far behind each source is, a line each. */
import type { FreshnessWire, SourceFreshnessWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import type { Color, Paint } from "../output.ts";
import { duration, figure, limit, share } from "./amounts.ts";
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
  const { restrictionLagMs } = report;
  if (restrictionLagMs === null) return lines;
  return [...lines, paint("dim", `restrictions within ${duration(restrictionLagMs)}`)];
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
