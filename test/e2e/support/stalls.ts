/** Waiting for freshness to name the part that a change waits for, and to be done with it. */
import { eventually } from "@tidemark/testing";
import type { TidemarkApi } from "./tidemark-api.ts";

const withinMs = 30_000;

export type NamedPart =
  | "source"
  | "log"
  | "resolver"
  | "restrictor"
  | "chunker"
  | "embedder"
  | "upserter"
  | "index";

/** Answers how long it took, in milliseconds. */
export async function untilNamed(
  api: TidemarkApi,
  source: string,
  part: NamedPart,
): Promise<number> {
  const beganAtMs = performance.now();
  await eventually(
    async () => {
      const { troubles } = await api.freshness();
      const { pendingChanges } = await api.freshnessOf(source);
      const oldest = pendingChanges?.oldest;
      if (oldest?.waitsFor === part) return;
      if (!oldest && troubles.some((each) => each.part === part)) return;
      throw new Error(`not ${part} but ${JSON.stringify({ oldest, troubles })}`);
    },
    { withinMs },
  );
  return performance.now() - beganAtMs;
}

/** Answers how long it took, in milliseconds. */
export async function untilCleared(api: TidemarkApi, source: string): Promise<number> {
  const beganAtMs = performance.now();
  await eventually(
    async () => {
      const { troubles } = await api.freshness();
      const { pendingChanges } = await api.freshnessOf(source);
      if (pendingChanges?.pending === 0 && troubles.length === 0) return;
      throw new Error(`still ${JSON.stringify({ pendingChanges, troubles })}`);
    },
    { withinMs },
  );
  return performance.now() - beganAtMs;
}
