/** Money and tokens, a line a source and generation. */
import type { CostsWire } from "@tidemark/api";
import { ago, figure, price, share } from "./amounts.ts";
import { printable } from "./printable.ts";
import type { TextOptions } from "./search-text.ts";
import { table } from "./table.ts";

type CostLine = CostsWire["lines"][number];

export function costsText(
  { budgets, lines, since }: CostsWire,
  { nowMs, paint }: TextOptions,
): readonly string[] {
  if (lines.length === 0) return ["nothing was embedded yet"];
  const rows = lines.map((line) => [
    printable(line.source),
    line.generation ?? "",
    `${figure(line.tokens)} tokens`,
    money(line, line.cost),
    savedText(line),
    line.unconfirmed > 0 ? `of it unconfirmed ${money(line, line.unconfirmed)}` : "",
  ]);
  const limits = budgets.map(({ currency, embedder, perDay, ratio, spentToday }) => {
    const spent = price({ amount: spentToday, currency });
    const line = `budget of ${embedder}: ${spent} of ${price({ amount: perDay, currency })} today`;
    if (ratio < 0.8) return line;
    return paint("yellow", `${line}, ${share(Math.min(1, ratio))}: then embedding waits`);
  });
  return [`since ${ago(since, nowMs)}`, ...table(rows), ...limits];
}

function savedText(line: CostLine): string {
  const tokens = line.saved.reduce((sum, saved) => sum + saved.tokens, 0);
  if (tokens === 0) return "";
  const cost = line.saved.reduce((sum, saved) => sum + saved.cost, 0);
  const reasons = line.saved
    .filter((saved) => saved.tokens > 0)
    .map(({ reason, tokens: saved }) => `${reason} ${figure(saved)}`)
    .join(", ");
  return `saved about ${figure(tokens)} tokens${cost > 0 ? `, ${money(line, cost)}` : ""} (${reasons})`;
}

function money({ currency }: CostLine, amount: number): string {
  return currency === null ? "" : price({ amount, currency });
}
