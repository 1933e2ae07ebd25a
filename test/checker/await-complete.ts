/** Waits until everything that happened before now can be found. */
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./ask.ts";

interface Freshness {
  readonly sources: readonly {
    readonly source: string;
    readonly kind: string;
    readonly pending: number;
    readonly held: number;
    readonly completeUpTo: string | null;
  }[];
}

const lookEveryMs = 50;

/** @throws when it takes longer than `withinMs`, naming the sources that are not complete. */
export async function awaitComplete(
  url: string,
  { withinMs = 60_000 }: { readonly withinMs?: number } = {},
): Promise<void> {
  const sinceMs = Date.now();
  // A scan now, where there is something to scan: the next one may be minutes away.
  await ask(url, { method: "POST", path: "/v1/reconcile", body: {} });
  for (;;) {
    const { sources } = await ask<Freshness>(url, { method: "GET", path: "/v1/freshness" });
    const open = sources.filter(
      ({ completeUpTo, held, pending }) =>
        pending > 0 || held > 0 || completeUpTo === null || Date.parse(completeUpTo) < sinceMs,
    );
    if (open.length === 0) return;
    if (Date.now() - sinceMs > withinMs) {
      throw new Error(`not complete after ${withinMs} ms: ${JSON.stringify(open)}`);
    }
    await sleep(lookEveryMs);
  }
}
