/** Transactions that stay open for a while, and some that are prepared: with what each has changed, and when. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";

export interface HeldTransaction {
  readonly kind: "open" | "prepared";
  readonly isCommitted: boolean;
  readonly keys: readonly number[];
  /** When the last of its changes was made; and just before it was told to end. */
  readonly writtenAtMs: number;
  readonly endsAtMs: number;
}

export interface KeyRange {
  readonly low: number;
  readonly high: number;
}

const keysMost = 12;
const holdMs = { least: 200, most: 1_500 };
const preparedShare = 0.4;
const committedShare = 0.85;

/** One after the other in one session, until the signal. */
export async function holdTransactions(
  client: Client,
  {
    chance,
    ended,
    range,
    signal,
  }: {
    readonly chance: () => number;
    readonly range: () => KeyRange;
    readonly ended: (transaction: HeldTransaction) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  while (!signal.aborted) {
    const { high, low } = range();
    const picked = Array.from(
      { length: keysMost },
      () => low + Math.floor(chance() * (high - low)),
    );
    // In one order everywhere, so that no two of them wait for each other.
    const keys = [...new Set(picked)].sort((a, b) => a - b);
    const kind = chance() < preparedShare ? "prepared" : "open";
    const isCommitted = chance() < committedShare;
    const name = randomUUID();
    await client.query("begin");
    try {
      await client.query(
        `update items set title = md5(random()::text) where id in (${keys.slice(0, -2).join(", ")})`,
      );
      await client.query(`delete from items where id = ${keys.at(-2)}`);
      await client.query(
        `insert into items values (${keys.at(-1)}, md5(random()::text), md5(random()::text))
         on conflict (id) do update set title = excluded.title, visits = items.visits + 1`,
      );
      if (kind === "prepared") await client.query(`prepare transaction '${name}'`);
    } catch (error) {
      if (!isRefused(error)) throw error;
      await client.query("rollback");
      continue;
    }
    const writtenAtMs = Date.now();
    await sleep(holdMs.least + chance() * (holdMs.most - holdMs.least));
    const endsAtMs = Date.now();
    const end = isCommitted ? "commit" : "rollback";
    await client.query(kind === "prepared" ? `${end} prepared '${name}'` : end);
    ended({ kind, isCommitted, keys, writtenAtMs, endsAtMs });
  }
}

/** Somebody else holds the row, or is faster. */
function isRefused(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return code === "55P03" || code === "40P01" || code === "23505";
}
