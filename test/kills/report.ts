/** The table at the end, and whether all is well. */
import { killMoments, killSteps, type KillStep } from "./kill-step.ts";
import type { RoundsResult } from "./kill-rounds.ts";

/** Steps as the design numbers them, with the calls that each consists of. */
export const protocolSteps: readonly {
  readonly name: string;
  readonly calls: readonly KillStep[];
}[] = [
  { name: "1 read the manifest", calls: ["manifest"] },
  { name: "2 take or make vectors", calls: ["vectors", "embed"] },
  { name: "3 write points ahead", calls: ["points"] },
  { name: "4 commit the manifest", calls: ["commit"] },
  { name: "5 sweep", calls: ["sweep"] },
  { name: "6 receipt, progress, acknowledgement", calls: ["receipt", "progress"] },
];

export function killsOf(result: RoundsResult, calls: readonly KillStep[]): number {
  return calls.reduce((sum, call) => sum + (result.killsByStep.get(call) ?? 0), 0);
}

/** Why the run failed; empty when it did not. */
export function faultsOf(result: RoundsResult, killsLeast: number): string[] {
  const faults = [...result.violations];
  const differences = result.checks.reduce((sum, check) => sum + check.differences.length, 0);
  if (differences > 0) faults.push(`${differences} differences`);
  if (result.checks.length === 0) faults.push("nothing was checked");
  for (const { calls, name } of protocolSteps) {
    const kills = killsOf(result, calls);
    if (kills < killsLeast) faults.push(`step ${name}: ${kills} kills, ${killsLeast} are promised`);
  }
  return faults;
}

export function tableOf(result: RoundsResult): string {
  const { acknowledged, checks, folderChanges, kills, killsByStep, pushes, restartMsWorst } =
    result;
  const last = checks.at(-1);
  const all = checks.flatMap(({ differences }) => differences);
  const lost = all.filter(({ kind }) => kind === "lost-write" || kind === "missing").length;
  const rows: [string, string | number][] = [["rounds of kill -9", result.rounds]];
  for (const { calls, name } of protocolSteps)
    rows.push([`killed in ${name}`, killsOf(result, calls)]);
  rows.push(
    ["killed elsewhere, at random times", killsByStep.get("random") ?? 0],
    ...killSteps.map((step): [string, string] => {
      const moments = killMoments.map(
        (moment) => `${kills.get(`${step} ${moment}`) ?? 0} ${moment}`,
      );
      return [`  ${step}`, moments.join(", ")];
    }),
    ["changes through the push API", pushes],
    ["changes in the folder", folderChanges],
    ["writes acknowledged", acknowledged],
    ["  lost", lost],
    ["checks", checks.length],
    ["  documents, chunks at the last", `${last?.documents ?? 0}, ${last?.chunks ?? 0}`],
    [
      "  searches compared, as two principals",
      checks.reduce((sum, each) => sum + each.questions, 0),
    ],
    ["  differences", all.length],
    [
      "  points listed nowhere, at the worst and the last",
      worstAndLast(checks, (each) => each.leftovers.points),
    ],
    [
      "  vectors without a point, at the worst and the last",
      worstAndLast(checks, (each) => each.strayVectors),
    ],
    ["worst time from start to ready, ms", Math.round(restartMsWorst)],
  );
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

function worstAndLast(
  checks: RoundsResult["checks"],
  count: (check: RoundsResult["checks"][number]) => number,
): string {
  const counts = checks.map(count);
  return `${Math.max(0, ...counts)}, ${counts.at(-1) ?? 0}`;
}
