/** What records caused, onto the log: when it resolves, all of it survives a loss of power. */
import { encodeMutation, mutationKey, type MutationDraft, type SourceName } from "@tidemark/domain";
import {
  mutationsTopic,
  publishHints,
  setAsideNotices,
  type Clock,
  type EventLog,
  type NewRecord,
  type PipelineLogger,
} from "@tidemark/pipeline";
import type { Effects } from "./event-handler.ts";

export interface PublishContext {
  readonly source: SourceName;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
}

const recordsMax = 500;
const charactersMax = 1 << 20;

export async function publishEffects(context: PublishContext, effects: Effects): Promise<void> {
  const { log, logger, source } = context;
  if (effects.notices.length > 0) await setAsideNotices(context, effects.notices.splice(0));
  if (effects.hints.length > 0) {
    await publishHints(log, effects.hints.splice(0), { durable: true });
  }
  await appendDrafts(log, effects.drafts.splice(0));
  if (effects.skipped.size === 0) return;
  logger.debug({ source, ...Object.fromEntries(effects.skipped) }, "records were passed over");
  effects.skipped.clear();
}

export async function appendDrafts(log: EventLog, drafts: readonly MutationDraft[]): Promise<void> {
  let group: NewRecord[] = [];
  let characters = 0;
  const flush = async () => {
    if (group.length > 0) await log.append(mutationsTopic, group, { durable: true });
    group = [];
    characters = 0;
  };
  for (const draft of drafts) {
    const value = encodeMutation(draft);
    if (group.length === recordsMax || characters + value.length > charactersMax) await flush();
    group.push({ key: mutationKey(draft), partitionKey: draft.documentId, value });
    characters += value.length;
  }
  await flush();
}
