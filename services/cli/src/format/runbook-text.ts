/** Runbooks: a line as each step ends, then how it ended and what to do. */
import type { RehearsalsWire } from "@tidemark/api";
import { runbookNames, type RunbookEnding, type RunbookName } from "@tidemark/domain";
import type { Paint } from "../output.ts";
import type { RunbookReport } from "../runbooks/runbook-report.ts";
import { count, duration, moment } from "./amounts.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";

const colors = {
  ok: "green",
  passed: "green",
  found: "yellow",
  stopped: "red",
  failed: "red",
} as const;
const widths = { outcome: 7, step: 8 } as const;

export function stepText(
  {
    detail,
    outcome,
    step,
    tookMs,
  }: {
    readonly step: string;
    readonly outcome: keyof typeof colors;
    readonly tookMs: number;
    readonly detail: string;
  },
  paint: Paint,
): string {
  const mark = paint(colors[outcome], outcome.padEnd(widths.outcome));
  return `${mark}  ${step.padEnd(widths.step)}  ${printable(detail)} · ${duration(tookMs)}`;
}

const endings: Readonly<Record<RunbookEnding, string>> = {
  nothing: "nothing to mend",
  "would-mend": "nothing was done: add --yes to have them mended",
  done: "mended and proven",
  undecided: "it could not be told: `tidemark freshness` says what is still changing",
  escalated: "stopped, for a person to go on",
  failed: "something is wrong still: run it again, or `tidemark audit --repair` for other faults",
};

export function runbookText(report: RunbookReport, paint: Paint): readonly string[] {
  const { documents, ending, escalation, tookMs } = report;
  const isWell = ending === "done" || ending === "nothing";
  return [
    ...(ending === "would-mend" ? table(documents.flatMap(documentRows), { indent: "  " }) : []),
    `${paint(isWell ? "green" : "yellow", endings[ending])} · ${duration(tookMs)}`,
    ...(escalation
      ? [
          ...(escalation.part === null ? [] : [`  part: ${escalation.part}${atStage(escalation)}`]),
          `  do:   ${printable(escalation.fix)}`,
          `  read: ${escalation.page}`,
        ]
      : []),
  ];
}

function atStage({ stage }: { readonly stage: string | null }): string {
  return stage === null ? "" : `, where changes wait at the stage ${stage}`;
}

function documentRows({ documentId, faults }: RunbookReport["documents"][number]) {
  return faults.map(({ detail, fault }) => [documentId, fault, detail].map(printable));
}

const purposes: Readonly<Record<RunbookName, string>> = {
  "stale-embeddings": "documents whose vectors are of another text, revision or model",
  "partial-corruption": "damaged vectors and texts, truncated documents",
};

export function runbooksText({ rehearsals }: RehearsalsWire, nowMs: number): readonly string[] {
  const rows = runbookNames.map((name) => {
    const last = rehearsals.find(({ runbook }) => runbook === name);
    const practised = last
      ? `${last.outcome} ${moment(last.endedAt, nowMs)}, ${count(last.damaged, "document")} damaged`
      : "never practised";
    return [name, purposes[name], practised];
  });
  return table(rows);
}
