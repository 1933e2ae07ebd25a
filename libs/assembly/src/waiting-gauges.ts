/** What waits within this process, counted whenever somebody looks. */
import type { Metrics } from "@tidemark/runtime";
import type { SqliteDatabase } from "@tidemark/sqlite";
import type { Embedders } from "./embedders.ts";

export function measureWaiting(
  metrics: Metrics,
  {
    database,
    embedders,
  }: { readonly database: SqliteDatabase | null; readonly embedders: Embedders },
): void {
  collectBy(metrics.embedQueue, () => {
    for (const [lane, texts] of embedders.queuedTexts()) metrics.embedQueue.set({ lane }, texts);
  });
  if (!database) return;
  collectBy(metrics.writerQueue, () => {
    for (const [lane, writes] of database.writesWaiting) metrics.writerQueue.set({ lane }, writes);
  });
}

/** As the client's own option, which is taken only where a metric is made. */
function collectBy(metric: object, collect: () => void): void {
  Object.assign(metric, { collect });
}
