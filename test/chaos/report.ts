/** The table at the end, and whether all is well. */
import type { ChaosResult } from "./chaos-run.ts";

const mib = 2 ** 20;
/** Quarters of a run differ by what is collected when. */
const growthMax = 1.5;
const growthBytesLeast = 64 * mib;
/** In shorter runs processes are still warming up in the first quarter. */
const roundsThatGrow = 50;
/** What `server.memoryMax` is unless it is said. */
const memoryBytesMax = 1024 * mib;
/** What is promised of the observer: documents that it was told of, a second. */
const looksPerSecondLeast = 20;

/** Why the run failed; empty when it did not. */
export function faultsOf(result: ChaosResult): string[] {
  const { check, deadLetters, ended, observer, refusals, violations } = result;
  const faults = [...violations];
  for (const tail of ended) faults.push(`a process ended by itself: ${tail}`);
  for (const refusal of refusals) faults.push(`a search was refused: ${refusal}`);
  if (!check) faults.push("nothing was checked");
  else if (check.hits === 0) faults.push("no search of the checker found anything");
  for (const { detail, kind, subject } of check?.differences ?? []) {
    faults.push(`${kind} ${subject}: ${detail}`);
  }
  if (deadLetters > 0) faults.push(`${deadLetters} dead letters`);
  const looks = perSecond(observer.looks, observer);
  if (looks < looksPerSecondLeast) {
    faults.push(`the observer looked at ${looks.toFixed(1)} documents a second`);
  }
  for (const [service, peaks] of result.memory) {
    const peak = Math.max(...peaks);
    if (peak > memoryBytesMax) faults.push(`the ${service} needed ${mibOf(peak)}`);
  }
  return result.rounds < roundsThatGrow ? faults : [...faults, ...growthOf(result)];
}

/** Services that needed more and more. */
function growthOf({ memory }: ChaosResult): string[] {
  return [...memory].flatMap(([service, peaks]) => {
    const [first = 0, last = 0] = [peaks.at(0), peaks.at(-1)];
    const bytesMax = Math.max(first * growthMax, first + growthBytesLeast);
    if (first === 0 || last <= bytesMax) return [];
    return [`memory of the ${service} grew from ${mibOf(first)} to ${mibOf(last)}`];
  });
}

export function tableOf(result: ChaosResult): string {
  const { acknowledged, changes, check, faults, memory, observer } = result;
  const struck = [...faults].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const all = check?.differences ?? [];
  const lost = all.filter(({ kind }) => kind === "lost-write" || kind === "missing").length;
  const reasons = [...observer.unanswered];
  const answered = reasons.reduce((left, [, count]) => left - count, observer.asked);
  const rows: [string, string | number][] = [
    ["rounds", result.rounds],
    ...struck.map(([kind, count]): [string, number] => [`  ${kind}`, count]),
    ...changes,
    ["writes acknowledged", acknowledged],
    ["  lost", lost],
    ["searches of the observer", observer.asked],
    ["  a second", perSecond(observer.asked, observer).toFixed(1)],
    ["  looks at a document that they answered", observer.looks],
    ["  a second", perSecond(observer.looks, observer).toFixed(1)],
    ["  answered", `${answered} (${((100 * answered) / (observer.asked || 1)).toFixed(1)} %)`],
    ["  not answered", reasons.map(([reason, count]) => `${count} ${reason}`).join(", ")],
    ["  answered, not complete", result.incomplete],
    ["  not asked, since too many were open", observer.unasked],
    ["  longest time without an answer, ms", Math.round(observer.silentMsWorst)],
    ["  violations", result.observed],
    ["documents, chunks checked", `${check?.documents ?? 0}, ${check?.chunks ?? 0}`],
    ["  searches compared, as two principals", check?.questions ?? 0],
    ["  differences", all.length],
    ["  points listed nowhere", check?.leftovers.points ?? 0],
    ["dead letters", result.deadLetters],
    ["time until all was searchable at the end, ms", Math.round(result.settledMs)],
    ["processes that ended by themselves", result.ended.length],
    ...[...memory].map(([service, peaks]): [string, string] => [
      `peak memory of the ${service}, by quarter`,
      peaks.map(mibOf).join(", "),
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

function perSecond(count: number, { observedMs }: ChaosResult["observer"]): number {
  return (1_000 * count) / (observedMs || 1);
}

function mibOf(bytes: number): string {
  return `${Math.round(bytes / mib)} MiB`;
}
