/** A search's answer: a line a hit, its passage, and how fresh the whole is. */
import type { SearchHitWire, SearchResponseWire } from "@tidemark/api";
import type { Paint } from "../output.ts";
import { ago, moment } from "./amounts.ts";
import { clipped, passage, printable } from "./printable.ts";

export interface TextOptions {
  readonly paint: Paint;
  readonly width: number;
  readonly nowMs: number;
}

const indent = "      ";

export function searchText(response: SearchResponseWire, options: TextOptions): readonly string[] {
  const { results } = response;
  const hits = results.flatMap((hit) => hitLines(hit, options));
  return [
    ...(results.length === 0 ? ["nothing found"] : hits),
    ...warnings(response).map((warning) => options.paint("yellow", warning)),
    options.paint("dim", freshnessLine(response, options.nowMs)),
  ];
}

function hitLines(hit: SearchHitWire, { paint, width }: TextOptions): readonly string[] {
  const path = hit.heading.length > 0 ? ` › ${hit.heading.join(" › ")}` : "";
  const pending = hit.stale ? paint("yellow", "  (a newer revision is on its way)") : "";
  const head = `${hit.score.toFixed(2)}  ${paint("bold", printable(hit.documentId))}`;
  const text = passage(hit.snippet || hit.text);
  return [
    `${head}${paint("cyan", printable(path))}${pending}`,
    `${indent}${clipped(text, Math.max(20, width - indent.length))}`,
  ];
}

function warnings(response: SearchResponseWire): readonly string[] {
  const { after, complete, incompleteReason, restrictionsLate } = response;
  return [
    ...after
      .filter(({ status }) => status !== "visible")
      .map(({ documentId, status, reason }) => {
        const because = reason === null ? "" : `: ${printable(reason)}`;
        return `${printable(documentId)} is ${status}${because}`;
      }),
    ...(complete ? [] : [`incomplete: ${incompleteReason ?? "a bound was reached"}`]),
    ...(restrictionsLate ? ["restrictions are applied later than the objective allows"] : []),
  ];
}

function freshnessLine({ completeUpTo, generation }: SearchResponseWire, nowMs: number): string {
  const upTo =
    completeUpTo === null
      ? "how complete it is cannot be said"
      : `complete up to ${moment(completeUpTo, nowMs)}, ${ago(completeUpTo, nowMs)}`;
  return `${upTo} · generation ${generation}`;
}
