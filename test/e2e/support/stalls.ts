/** Waiting for freshness to name the part that a change waits for, and to be done with it. */
import type { FreshnessWire } from "@tidemark/api";
import { eventually } from "@tidemark/testing";
import type { TidemarkApi } from "./tidemark-api.ts";

const withinMsDefault = 60_000;

export type NamedPart = FreshnessWire["troubles"][number]["part"];

/** By the oldest change that waits; where none is known of, by what is said to be in trouble. */
export function isNamed(told: FreshnessWire, source: string, part: NamedPart): boolean {
  const own = told.sources.find((each) => each.source === source);
  const oldest = own?.pendingChanges?.oldest;
  if (oldest) return oldest.waitsFor === part;
  return told.troubles.some((each) => each.part === part);
}

/** Answers how long it took, in milliseconds. */
export async function untilNamed(
  api: TidemarkApi,
  source: string,
  part: NamedPart,
): Promise<number> {
  const beganAtMs = performance.now();
  await eventually(
    async () => {
      const told = await api.freshness();
      if (isNamed(told, source, part)) return;
      const { pendingChanges } = told.sources.find((each) => each.source === source) ?? {};
      const { troubles } = told;
      throw new Error(`not ${part} but ${JSON.stringify({ ...pendingChanges?.oldest, troubles })}`);
    },
    { withinMs: withinMsDefault },
  );
  return performance.now() - beganAtMs;
}

/** Answers how long it took, in milliseconds. */
export async function untilCleared(
  api: TidemarkApi,
  source: string,
  withinMs = withinMsDefault,
): Promise<number> {
  const beganAtMs = performance.now();
  await eventually(
    async () => {
      const { troubles } = await api.freshness();
      const { pendingChanges } = await api.freshnessOf(source);
      if (pendingChanges?.pending === 0 && troubles.length === 0) return;
      throw new Error(`still ${JSON.stringify({ ...pendingChanges, objectives: [], troubles })}`);
    },
    { withinMs },
  );
  return performance.now() - beganAtMs;
}
