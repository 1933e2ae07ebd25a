/** A history of changes that were all in time, written as whoever counts them writes it. */
import { sourceName, type ChangeKind } from "@tidemark/domain";
import { FreshnessAccounts, type EventLog, type Objectives } from "@tidemark/pipeline";
import { eventually } from "@tidemark/testing";

const minuteMs = 60_000;
const historyMs = 30 * 24 * 60 * minuteMs;
const countedWithinMs = 60_000;
const kinds: readonly ChangeKind[] = ["change", "restriction"];

/** What is promised here: a target that passes within seconds. */
export const objectiveText = { change: "99% within 5s", restriction: "99.9% within 5s" };
const objectives: Objectives = {
  of: () => ({
    change: { share: 0.99, withinMs: 5_000, overMs: historyMs },
    restriction: { share: 0.999, withinMs: 5_000, overMs: historyMs },
  }),
  tenants: () => [],
};

/** Resolves when whoever counts has said up to where: before that, nothing can be added to it. */
export async function untilCounted(log: EventLog): Promise<void> {
  await eventually(
    async () => {
      const { countedTo } = await FreshnessAccounts.load(log, objectives);
      if (!countedTo) throw new Error("nothing was counted yet");
    },
    { withinMs: countedWithinMs },
  );
}

/** A change a minute for 30 days. Whoever counts must not run meanwhile. */
export async function seedHistory(
  log: EventLog,
  sources: readonly string[],
  nowMs: number,
): Promise<void> {
  const accounts = await FreshnessAccounts.load(log, objectives);
  const { countedTo } = accounts;
  if (!countedTo) throw new Error("nothing was counted yet");
  for (const source of sources.map(sourceName)) {
    for (const kind of kinds) {
      for (let atMs = nowMs - historyMs + minuteMs; atMs <= nowMs; atMs += minuteMs) {
        accounts.note({ source, kind, tenant: null, outcome: "good", atMs, lagMs: 0 });
      }
    }
  }
  await accounts.save(countedTo);
}
