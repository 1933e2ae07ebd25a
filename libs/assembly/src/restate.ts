/** Documents whose newest state the log lost are stated again, by their source or from the log. */
import type { Mutation, SourceName } from "@tidemark/domain";
import {
  rechunkPushed,
  replayOf,
  type Catalogue,
  type Clock,
  type DocumentHistory,
  type EventLog,
  type ServedSource,
  type UpsertMutation,
} from "@tidemark/pipeline";

export function restateFrom(options: {
  readonly sources: ReadonlyMap<SourceName, ServedSource>;
  readonly history: DocumentHistory;
  readonly catalogue: Catalogue;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Whether this process has every stage, so that it can chunk. */
  readonly isAlone: boolean;
}): (
  mutations: readonly Mutation[],
  again: (mutation: UpsertMutation) => Promise<void>,
) => Promise<void> {
  const { catalogue, clock, history, isAlone, log, newId, sources } = options;
  return async (mutations, again) => {
    for (const { documentId, source } of mutations) {
      const line = sources.get(source)?.line;
      if (line) await line.hint([documentId], "reconcile");
      else if (isAlone) await rechunkPushed({ history, rechunk: again }, documentId, "replay");
      else {
        const { active } = catalogue;
        if (!active) continue;
        const scope = { source: null, document: documentId, sinceMs: null, force: false };
        await catalogue.putReplay(await replayOf(log, active.id, scope, { newId, clock }));
      }
    }
  };
}
