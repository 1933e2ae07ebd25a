/** Where a search lost a document: the step, its nearest chunk, and what is to be done. */
import type { SearchWhyWire } from "@tidemark/api";
import { ago } from "./amounts.ts";
import { clipped, passage, printable } from "./printable.ts";
import type { TextOptions } from "./search-text.ts";

const indent = "      ";

/** What each step is about, as its label. */
const labels: Readonly<Record<Exclude<SearchWhyWire["step"], "found">, string>> = {
  known: "not there",
  indexed: "not in the index",
  allowed: "denied",
  filter: "filtered",
  candidates: "not among the candidates",
  rank: "outranked",
};

export function searchWhyText(report: SearchWhyWire, options: TextOptions): readonly string[] {
  const { fix, hints } = report;
  return [
    headline(report, options),
    ...nearestLines(report, options),
    ...waitingLines(report, options),
    ...hints.map((hint) => options.paint("yellow", printable(hint))),
    options.paint("dim", provenance(report)),
    ...(fix === null ? [] : ["", `next: ${printable(fix)}`]),
  ];
}

function headline(report: SearchWhyWire, { paint }: TextOptions): string {
  const { documentId, explanation, step } = report;
  const id = printable(documentId);
  const said = printable(explanation);
  if (step === "found") return `${paint("green", "found")} · ${id}: ${said}`;
  return `${id} is not found · ${paint("red", labels[step])}: ${said}`;
}

function nearestLines({ nearest }: SearchWhyWire, { width }: TextOptions): readonly string[] {
  if (!nearest) return [];
  const { chunks, heading, ordinal, score, text } = nearest;
  const path = heading.length > 0 ? ` › ${heading.map(printable).join(" › ")}` : "";
  return [
    `  nearest chunk: ${ordinal + 1} of ${chunks}, with ${score.toFixed(3)}${path}`,
    ...(text === null
      ? []
      : [`${indent}${clipped(passage(text), Math.max(20, width - indent.length))}`]),
  ];
}

function waitingLines({ waiting }: SearchWhyWire, { nowMs }: TextOptions): readonly string[] {
  if (!waiting) return [];
  const { since, stage, trouble, waitsFor } = waiting;
  const when = since === null ? "" : `, since ${ago(since, nowMs)}`;
  const why = trouble === null ? "" : `: ${printable(trouble)}`;
  return [`  waits at ${stage} for the ${waitsFor}${when}${why}`];
}

function provenance({ generation, revision }: SearchWhyWire): string {
  if (!revision) return `generation ${generation}`;
  const { indexed, seen } = revision;
  const live = indexed ? `revision ${indexed.epoch}.${indexed.position}` : "no revision";
  const isNewest = indexed?.epoch === seen.epoch && indexed.position === seen.position;
  const newest = isNewest ? "" : `, the newest is ${seen.epoch}.${seen.position}`;
  return `generation ${generation} · ${live} is live${newest}`;
}
