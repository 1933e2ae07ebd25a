import type { StatusWire } from "@tidemark/api";
import { ago, count, figure, moment, share } from "./amounts.ts";
import { sourceRow } from "./freshness-text.ts";
import { printable } from "./printable.ts";
import type { TextOptions } from "./search-text.ts";
import { table } from "./table.ts";

/** The process at a glance: what it serves, from where, and what is wrong. */
export function statusText(status: StatusWire, { paint, nowMs }: TextOptions): readonly string[] {
  const facts = [
    ["version", status.version],
    ["started", `${moment(status.startedAt, nowMs)}, ${ago(status.startedAt, nowMs)}`],
    ["data", status.dataDirectory ?? "elsewhere"],
    ["model", `${status.embedder.model} · ${count(status.embedder.queued, "text")} waiting`],
    ["failed", count(status.deadLetters, "dead letter")],
  ];
  return [
    ...table(facts.map((row) => row.map(printable))),
    ...titled("generations", status.generations.map(generationRow)),
    ...titled(
      "sources",
      status.sources.map((source) => [
        ...sourceRow(source),
        `${count(source.documents, "document")}, ${count(source.chunks, "chunk")}`,
      ]),
    ),
    ...titled("stages", status.stages.map(stageRow)),
    ...titled(
      "audits",
      status.audits.map((audit) => [
        audit.source,
        audit.verdict,
        moment(audit.endedAt, nowMs),
        [
          ...(audit.faulty > 0 ? [`${count(audit.faulty, "document")} with faults`] : []),
          ...(audit.setAside > 0 ? [`${count(audit.setAside, "document")} set aside`] : []),
        ].join(", "),
      ]),
    ),
    ...titled(
      "rehearsals",
      status.rehearsals.map(({ endedAt, outcome, runbook }) => [
        runbook,
        outcome,
        moment(endedAt, nowMs),
      ]),
    ),
    ...status.problems.map((problem) => paint("red", `problem: ${printable(problem)}`)),
  ];
}

function generationRow(generation: StatusWire["generations"][number]): readonly string[] {
  const { id, state, progress, model, dimension, chunker } = generation;
  return [
    id,
    progress === null ? state : `${state} ${share(progress)}`,
    `${model} · ${dimension}`,
    chunker,
  ];
}

function stageRow(stage: StatusWire["stages"][number]): readonly string[] {
  return [stage.stage, stage.generation ?? "", stage.state, `${figure(stage.waiting)} waiting`];
}

function titled(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ["", title, ...table(rows, { indent: "  " })];
}
