/** What the operator's other commands found or did. */
import type { DoctorWire, PlanWire, ReconcileWire } from "@tidemark/api";
import type { Paint } from "../output.ts";
import { count, duration, figure, price, share, size } from "./amounts.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";

export function planText(plan: PlanWire): readonly string[] {
  const { building } = plan;
  if (building) {
    return [`generation ${building.generation} is being built: ${share(building.share)}`];
  }
  if (!plan.needed) {
    const current = plan.current ?? "none";
    return [`nothing to do: generation ${current} was made by the configured embedder and chunker`];
  }
  const changes = plan.changes.map(({ what, from, to }) => [what, `${from} → ${to}`]);
  const costs = [
    ["documents", figure(plan.documents)],
    ["chunks", figure(plan.chunks)],
    ["tokens", figure(plan.tokens)],
    ["size", size(plan.bytes)],
    ["price", plan.price === null ? "none" : price(plan.price)],
    ...(plan.minutes === null ? [] : [["time", `about ${duration(plan.minutes * 60_000)}`]]),
  ];
  return [
    "what changed",
    ...table(
      changes.map((row) => row.map(printable)),
      { indent: "  " },
    ),
    "",
    "what a new generation takes",
    ...table(costs, { indent: "  " }),
    "",
    `until it is complete, generation ${plan.current ?? "none"} answers · tidemark apply builds it`,
  ];
}

export function reconcileText({ reports }: ReconcileWire, paint: Paint): readonly string[] {
  const lines = reports.flatMap((report) => {
    const found = [
      `${figure(report.listed)} listed`,
      `${figure(report.missing)} missing`,
      `${figure(report.stale)} stale`,
      `${figure(report.orphaned)} orphaned`,
      `${figure(report.applied)} applied`,
    ].join(", ");
    const line = `${report.source}: ${found} · ${duration(report.tookMs)}`;
    if (report.held === 0) return [line];
    const because = report.heldReason === null ? "" : `: ${printable(report.heldReason)}`;
    const held = `${count(report.held, "delete")} held${because}`;
    const confirm = `tidemark reconcile --source ${report.source} --confirm ${report.held}`;
    return [line, paint("yellow", `  ${held} · ${confirm} applies them`)];
  });
  return lines.length === 0 ? ["no sources"] : lines;
}

export function doctorText({ findings }: DoctorWire, paint: Paint): readonly string[] {
  const words = {
    ok: paint("green", "ok  "),
    warn: paint("yellow", "warn"),
    fail: paint("red", "fail"),
  };
  return findings.flatMap(({ check, verdict, detail, fix }) => [
    `${words[verdict]}  ${printable(check)}: ${printable(detail)}`,
    ...(fix === null ? [] : [`      fix: ${printable(fix)}`]),
  ]);
}
