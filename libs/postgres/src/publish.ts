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
/** Appends under way; what a log is given meanwhile, it may write together. */
const underWayMax = 4;

/**
 * When it resolves, all of them survive a loss of power. Each is made when it is its turn, so that
 * few of them are in memory. A log keeps the order of what it is given; where it fails in between,
 * whoever reads the database begins anew.
 */
export async function publishStatements(
  { clock, epoch, log, source }: PublishContext,
  statements: Iterable<Statement>,
): Promise<void> {
  const underWay: Promise<unknown>[] = [];
  let group: NewRecord[] = [];
  let characters = 0;
  const flush = async () => {
    if (group.length === 0) return;
    const appending = log.append(mutationsTopic, group, { durable: true });
    // Whoever waits for it is told; until then nobody does.
    appending.catch(() => {});
    underWay.push(appending);
    group = [];
    characters = 0;
    if (underWay.length >= underWayMax) await underWay.shift();
  };
  for (const statement of statements) {
    const draft = draftOf(statement, { source, epoch, observedAtMs: clock.nowMs() });
    const value = encodeMutation(draft);
    if (group.length === recordsMax || characters + value.length > charactersMax) await flush();
    group.push({ key: mutationKey(draft), partitionKey: draft.documentId, value });
    characters += value.length;
  }
  await flush();
  await Promise.all(underWay);
}
