/** What the sentinels found, generation by generation. */
import type { SentinelsWire } from "@tidemark/api";
import { ago, count, duration, share } from "./amounts.ts";
import { printable } from "./printable.ts";
import type { TextOptions } from "./search-text.ts";
import { table } from "./table.ts";

type Checked = SentinelsWire["generations"][number];

export function sentinelsText(
  { everyMs, generations }: SentinelsWire,
  { paint, nowMs }: TextOptions,
): readonly string[] {
  const lines = generations.flatMap((checked) => {
    const { findings, generation, ranAt, state } = checked;
    const title = `generation ${generation} (${state})`;
    if (ranAt === null) return [`${title}: not run yet, every ${duration(everyMs)}`];
    const named = findings.map(({ cause, detail, severity, since }) =>
      paint(
        severity === "severe" ? "red" : "yellow",
        `  ${cause}, ${severity}, since ${ago(since, nowMs)}: ${printable(detail)}`,
      ),
    );
    return [
      `${title}: ${findings.length === 0 ? paint("green", "nothing has changed") : "changed"}`,
      ...named,
      ...table(factsOf(checked, nowMs), { indent: "  " }),
    ];
  });
  return lines.length === 0 ? ["no generations"] : lines;
}

function factsOf(checked: Checked, nowMs: number): readonly (readonly string[])[] {
  const { baselineAt, distances, overlap, questions, ranAt, recall, sentinels } = checked;
  const shown = distances.map(
    ({ quantile, distance }) =>
      `${quantile === 1 ? "most" : share(quantile)} ${distance === null ? "-" : distance.toFixed(4)}`,
  );
  const late = checked.isBaselineLate ? ", later than the generation: before it is not known" : "";
  return [
    ["ran", ranAt === null ? "never" : ago(ranAt, nowMs)],
    ["baseline", baselineAt === null ? "none" : `${ago(baselineAt, nowMs)}${late}`],
    [count(sentinels, "sentinel"), `moved by ${shown.join(" · ")}`],
    [
      count(questions, "question"),
      [
        overlap === null ? "no run before" : `${share(overlap)} of the top 10 as at the run before`,
        recall === null ? "no points" : `${share(recall)} of the true neighbours found`,
      ].join(" · "),
    ],
  ];
}
