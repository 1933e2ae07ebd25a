/** One stall from its begin to its end, as whoever asks for freshness sees it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FreshnessWire } from "@tidemark/api";
import { probeOutcomes, type ProbeOutcome } from "@tidemark/domain";
import { eventually } from "@tidemark/testing";
import { isNamed, untilCleared } from "../../e2e/support/stalls.ts";
import type { Stall } from "./stall-cases.ts";
import { isProbed, type StallWorld } from "./stall-world.ts";

/** In milliseconds since its begin, or since its end; null for what was not seen. */
export interface StallSeen {
  readonly namedMs: number | null;
  /** What was said of the part when it was named. */
  readonly trouble: string | null;
  /** When the budget's alert was a page, and how much of it was left then. */
  readonly pageMs: number | null;
  readonly budgetLeft: number | null;
  /** When the metric was up that the other page goes by. */
  readonly gaugeMs: number | null;
  /** What became of the first round of a probe that did not find its text in time, and when. */
  readonly probe: string | null;
  readonly probeMs: number | null;
  /** Until a probe found its text again. */
  readonly foundMs: number;
  /** Until nothing was pending and nobody named. */
  readonly clearedMs: number;
  readonly changes: number;
  /** What was seen last, where not all was. */
  readonly last: string | null;
}

const seenWithinMs = 90_000;
const clearedWithinMs = 120_000;
const pollMs = 200;
const changeEveryMs = 500;
const unlucky = probeOutcomes.filter((outcome) => outcome !== "found");

export async function watchStall(world: StallWorld, stall: Stall): Promise<StallSeen> {
  const { deployment } = world;
  const { begin, part, source } = stall;
  await untilCleared(deployment.api, source, clearedWithinMs);
  await eventually(async () => {
    if (await isGaugeUp(world, part)) throw new Error(`the metric of ${part} is still up`);
  });
  const probed = isProbed(source) ? source : "files";
  await untilFound(world, probed);
  const end = await begin(world);
  const beganAtMs = performance.now();
  const elapsed = () => Math.round(performance.now() - beganAtMs);
  const stop = new AbortController();
  const changing = keepChanging(world, stall, stop.signal);
  let seen = { namedMs: null, pageMs: null, gaugeMs: null, probeMs: null } as {
    readonly [Name in "gaugeMs" | "namedMs" | "pageMs" | "probeMs"]: number | null;
  };
  let probe: string | null = null;
  const rounds = await roundsOf(world, probed);
  let trouble: string | null = null;
  let budgetLeft: number | null = null;
  let last: string | null = null;
  try {
    while (elapsed() < seenWithinMs) {
      const told = await deployment.api.freshness();
      const own = told.sources.find((each) => each.source === source);
      const named = isNamed(told, source, part);
      if (named && seen.namedMs === null) {
        seen = { ...seen, namedMs: elapsed() };
      }
      trouble = troubleOf(told, part) ?? trouble;
      const objective = own?.pendingChanges?.objectives.find(
        ({ kind }) => kind === (stall.kind ?? "change"),
      );
      if (stall.change && objective?.alert === "page" && seen.pageMs === null) {
        seen = { ...seen, pageMs: elapsed() };
        budgetLeft = objective.budgetLeft;
      }
      if (seen.gaugeMs === null && (await isGaugeUp(world, part))) {
        seen = { ...seen, gaugeMs: elapsed() };
      }
      if (seen.probeMs === null) {
        const now = await roundsOf(world, probed);
        probe = unlucky.find((each) => now[each] > rounds[each]) ?? null;
        if (probe) seen = { ...seen, probeMs: elapsed() };
      }
      const needsPage = stall.change !== undefined;
      const isAll = seen.gaugeMs !== null && (!needsPage || seen.pageMs !== null) && probe !== null;
      last =
        named && isAll
          ? null
          : JSON.stringify({ ...own?.pendingChanges?.oldest, troubles: told.troubles });
      // It is the one that is named still.
      if (last === null) break;
      await sleep(pollMs);
    }
  } finally {
    stop.abort();
    await end();
  }
  const changes = await changing;
  const [clearedMs, foundMs] = await Promise.all([
    untilCleared(deployment.api, source, clearedWithinMs),
    untilFound(world, probed),
  ]);
  return { ...seen, probe, trouble, budgetLeft, last, changes, clearedMs, foundMs };
}

async function keepChanging(
  world: StallWorld,
  { change }: Stall,
  signal: AbortSignal,
): Promise<number> {
  if (!change) return 0;
  const asked: Promise<unknown>[] = [];
  while (!signal.aborted) {
    asked.push(change(world, asked.length));
    await sleep(changeEveryMs, undefined, { signal }).catch(() => {});
  }
  const done = await Promise.allSettled(asked);
  return done.filter(({ status }) => status === "fulfilled").length;
}

function troubleOf({ troubles }: FreshnessWire, part: string): string | null {
  return troubles.find((each) => each.part === part)?.trouble ?? null;
}

async function isGaugeUp(world: StallWorld, part: string): Promise<boolean> {
  return (await valueOf(world, `tidemark_part_troubled{part="${part}"}`)) === 1;
}

type Rounds = Readonly<Record<ProbeOutcome, number>>;

/** How many rounds of a source's probe had each outcome. */
async function roundsOf(world: StallWorld, source: string): Promise<Rounds> {
  const counts = probeOutcomes.map(async (outcome) => {
    const series = `tidemark_probes_total{source="${source}",outcome="${outcome}"}`;
    return [outcome, await valueOf(world, series)] as const;
  });
  return Object.fromEntries(await Promise.all(counts)) as Rounds;
}

/** Answers how long it took until one more round had found its text in time, in milliseconds. */
async function untilFound(world: StallWorld, source: string): Promise<number> {
  const beganAtMs = performance.now();
  const { found } = await roundsOf(world, source);
  await eventually(
    async () => {
      const now = await roundsOf(world, source);
      if (now.found <= found) throw new Error(`the probe of ${source}: ${JSON.stringify(now)}`);
    },
    { withinMs: clearedWithinMs },
  );
  return performance.now() - beganAtMs;
}

/** As Prometheus scrapes it from the process that counts. */
async function valueOf({ deployment }: StallWorld, series: string): Promise<number> {
  const response = await fetch(`${deployment.process("freshness").url}/metrics`);
  const line = (await response.text()).split("\n").find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}
