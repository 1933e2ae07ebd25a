/** Tells a person how indexing goes, until everything that was there at the start can be found. */
import type { TidemarkService } from "@tidemark/pipeline";
import type { Logger } from "@tidemark/runtime";
import { indexedLine, nextLines, readyLine, type BannerFacts } from "./banner.ts";

const lookEveryMs = 200;

export async function announceProgress(
  service: TidemarkService,
  options: {
    readonly isTerminal: boolean;
    readonly write: (text: string) => void;
    readonly logger: Logger;
    readonly facts: BannerFacts;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { facts, isTerminal, logger, signal, write } = options;
  const beganAtMs = Date.now();
  while (!signal.aborted) {
    const { sources } = await service.freshness();
    const tookMs = Date.now() - beganAtMs;
    const complete = sources.map((source) => source.completeUpToMs);
    const isComplete = complete.every((time) => time !== null);
    const documents = sources.reduce((sum, source) => sum + source.documents, 0);
    const pending = sources.reduce((sum, source) => sum + source.pending, 0);
    const chunks = sources.reduce((sum, source) => sum + source.chunks, 0);
    const line = indexedLine({ sources, embedded: facts.isNew ? chunks : 0, tookMs });
    if (isTerminal) write(`\r${line}\u001B[K`);
    if (isComplete && pending === 0) {
      const upToMs = Math.min(...(complete as readonly number[]));
      if (isTerminal) {
        const folder = facts.sources.find(({ what }) => what.includes("watched"))?.what;
        write(`\n${readyLine(upToMs)}\n${nextLines(folder?.split(" · ")[0] ?? null)}\n`);
      } else {
        logger.info({ documents, chunks, tookMs, completeUpToMs: upToMs }, "ready");
      }
      return;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, lookEveryMs).unref();
    });
  }
}
