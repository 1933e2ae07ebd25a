/** The newest state of every document by the log, folded into the spool as it is read. */
import { decodeMutation, foldSeen, type DocumentId, type SourceName } from "@tidemark/domain";
import type { AuditSpool, LoggedState } from "../ports/audit-spool.ts";
import type { EventLog, LogRecord } from "../ports/event-log.ts";
import { readRange } from "../read-range.ts";
import { mutationsTopic } from "../topics.ts";

/** Each may be as large as a record can be. */
const readBatch = 200;

export class LogFold {
  readonly #log: EventLog;
  readonly #spool: AuditSpool;
  readonly #covers: (source: SourceName) => boolean;
  readonly #next = new Map<number, number>();

  constructor(log: EventLog, spool: AuditSpool, covers: (source: SourceName) => boolean) {
    this.#log = log;
    this.#spool = spool;
    this.#covers = covers;
  }

  /** Up to where it has read, by partition. */
  get ends(): ReadonlyMap<number, number> {
    return this.#next;
  }

  /** Reads up to where the log ends now. */
  async advance(signal: AbortSignal): Promise<void> {
    for (const { begin, end, partition } of await this.#log.ranges(mutationsTopic)) {
      const from = Math.max(begin, this.#next.get(partition) ?? 0);
      const range = { begin: from, end, partition };
      for await (const records of readRange(this.#log, mutationsTopic, range, readBatch)) {
        signal.throwIfAborted();
        this.#take(records);
      }
      this.#next.set(partition, end);
    }
  }

  /** What cannot be read as a record of any document is the restrictor's to set aside. */
  #take(records: readonly LogRecord[]): void {
    const mutations = records.flatMap(({ offset, partition, value }) => {
      const mutation = value === null ? null : decodeMutation(value, offset);
      if (!mutation || !("kind" in mutation) || !this.#covers(mutation.source)) return [];
      return [{ mutation, partition }];
    });
    const ids = [...new Set(mutations.map(({ mutation }) => mutation.documentId))];
    const states = new Map<DocumentId, LoggedState>();
    for (const state of this.#spool.logged(ids)) if (state) states.set(state.id, state);
    for (const { mutation, partition } of mutations) {
      const { documentId: id, offset } = mutation;
      const before = states.get(id);
      const seen = foldSeen(before?.seen ?? null, mutation);
      const isBody = seen !== before?.seen && mutation.kind === "upsert" && mutation.body !== null;
      const bodyOffset = isBody ? offset : (before?.bodyOffset ?? null);
      states.set(id, { id, seen, partition, offset, bodyOffset });
    }
    this.#spool.putLogged([...states.values()]);
  }
}
