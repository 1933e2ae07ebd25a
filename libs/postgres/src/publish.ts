/** Statements about rows, onto the log. */
import { encodeMutation, mutationKey, type SourceName } from "@tidemark/domain";
import { mutationsTopic, type Clock, type EventLog, type NewRecord } from "@tidemark/pipeline";
import { draftOf, type Statement } from "./drafts.ts";

export interface PublishContext {
  readonly source: SourceName;
  readonly epoch: number;
  readonly log: EventLog;
  readonly clock: Clock;
}

const recordsMax = 500;
const charactersMax = 1 << 20;

/** When it resolves, all of them survive a loss of power. */
export async function publishStatements(
  { clock, epoch, log, source }: PublishContext,
  statements: readonly Statement[],
): Promise<void> {
  let group: NewRecord[] = [];
  let characters = 0;
  const flush = async () => {
    if (group.length > 0) await log.append(mutationsTopic, group, { durable: true });
    group = [];
    characters = 0;
  };
  for (const statement of statements) {
    const draft = draftOf(statement, { source, epoch, observedAtMs: clock.nowMs() });
    const value = encodeMutation(draft);
    if (group.length === recordsMax || characters + value.length > charactersMax) await flush();
    group.push({ key: mutationKey(draft), partitionKey: draft.documentId, value });
    characters += value.length;
  }
  await flush();
}
