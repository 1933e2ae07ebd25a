/** docs/performance.md: prose stays as it is, what lies between markers is written by the run. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Outcome, Part, PartReport, Table } from "./part.ts";
import { number } from "./statistics.ts";

export interface Section {
  readonly part: Part;
  readonly outcome: Outcome;
  /** Machine, versions, load, command. */
  readonly circumstances: readonly string[];
}

/** Parts that were not run keep what an earlier run wrote of them. */
export function writePage(path: string, sections: readonly Section[]): void {
  let page = readFileSync(path, "utf8");
  for (const section of sections) page = replaced(page, section);
  writeFileSync(path, page);
}

function replaced(page: string, section: Section): string {
  const { name } = section.part;
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no markers for ${name}`);
  return `${page.slice(0, from + begin.length)}\n\n${sectionText(section)}\n\n${page.slice(to)}`;
}

export function sectionText({ outcome, circumstances }: Section): string {
  const took = `- took ${number(outcome.tookMs / 1000)} s`;
  const lines =
    outcome.kind === "failed"
      ? [`This part did not finish: ${outcome.reason}`]
      : reportText(outcome.report);
  return [...lines, [...circumstances, took].join("\n")].join("\n\n");
}

function reportText({ goals, method, notes, tables }: PartReport): string[] {
  return [
    method,
    ...tables.map(tableText),
    ...(goals.length === 0
      ? []
      : [
          tableText({
            columns: ["goal", "found", "met"],
            rows: goals.map(({ found, met, text }) => [
              text,
              found,
              met === null ? "cannot tell" : met ? "yes" : "**no**",
            ]),
          }),
        ]),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")]),
  ];
}

/** Columns are padded, as the formatter of this repository has them. */
export function tableText({ columns, rows }: Table): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, at) => Math.max(3, ...all.map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (cells[at] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(columns), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join(
    "\n",
  );
}
