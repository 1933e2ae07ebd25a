/** Dead letters for what a watch was told and nobody can read; what it was about, the scan finds. */
import { documentId, type SourceName } from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import type { UnreadableNotice } from "../ports/source-watch.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import { publishDeadLetters } from "../run-stage/dead-letters.ts";

export async function setAsideNotices(
  by: {
    readonly source: SourceName;
    readonly log: EventLog;
    readonly clock: Clock;
    readonly logger: PipelineLogger;
  },
  notices: readonly UnreadableNotice[],
): Promise<void> {
  const { clock, log, logger, source } = by;
  const atMs = clock.nowMs();
  const letters = notices.map(({ from, id, problem }) => ({
    stage: "source",
    group: `source.${source}`,
    generation: null,
    // Which document it is about is what nobody can read.
    documentId: documentId(source, id),
    revision: null,
    chunk: null,
    topic: from,
    partition: 0,
    offset: 0,
    reason: "unreadable-event",
    message: problem,
    attempts: 1,
    atMs,
    state: "open" as const,
  }));
  await publishDeadLetters(log, letters, { durable: true });
  for (const { from, id, problem } of notices) {
    logger.warn({ source, from, id, problem }, "dead letter");
  }
}
