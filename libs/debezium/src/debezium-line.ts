/**
 * Debezium's topics as a source: read in order, published as mutations, and only then counted as read.
 * How far, and what the order hangs on, is written down with the source's epoch.
 */
import { keyOf, nextEpoch, type DocumentId, type Hint } from "@tidemark/domain";
import {
  backoffMs,
  identityOfPushed,
  mutationsTopic,
  publishMarker,
  TransientError,
  type ReconcileReport,
  type RunningLine,
} from "@tidemark/pipeline";
import { keyPrefixOf } from "@tidemark/rows";
import type { DebeziumEvent, RowEvent } from "./debezium-event.ts";
import { decodeEvent } from "./decode-event.ts";
import { EventHandler, noEffects, skip, type Effects } from "./event-handler.ts";
import type { ForeignRecord } from "./foreign-topics.ts";
import { decodeLineState, encodeLineState, newLineState, type LineState } from "./line-state.ts";
import type { DebeziumLineOptions } from "./line-options.ts";
import { PendingCloses } from "./pending-closes.ts";
import { placeReads } from "./place-reads.ts";
import { publishEffects } from "./publish-effects.ts";
import { restate } from "./restate.ts";
import { StreamOrder, type EpochReason } from "./stream-order.ts";
import { TopicsReader } from "./topics-reader.ts";

const recordsMax = 500;
const markerEveryMs = 1_000;
const writeEveryMs = 2_000;
const identityEveryMs = 10_000;
const blockedMax = 1_000;
const backoff = { firstMs: 200, mostMs: 15_000 };

export class DebeziumLine implements RunningLine {
  readonly #options: DebeziumLineOptions;
  readonly #handler: EventHandler;
  readonly #closes: PendingCloses;
  readonly #blocked = new Map<string, string>();
  #order = new StreamOrder(newLineState(0).order);
  #state: LineState = newLineState(0);
  #reader: TopicsReader | null = null;
  #trouble: string | null = "it is not connected yet";
  #completeToMs: number | null = null;
  #markedAtMs = 0;
  #writtenAtMs = 0;
  #identityAtMs = 0;
  #isUnwritten = false;
  #isTold = false;
  #reconciledAtMs: number | null = null;

  constructor(options: DebeziumLineOptions) {
    this.#options = options;
    const { catalogue } = options;
    this.#handler = new EventHandler({
      ...options,
      epochOf: (source) => catalogue.source(source)?.epoch ?? null,
    });
    this.#closes = new PendingCloses({
      ...options,
      pending: () => this.#state.closes,
      done: (closes) => {
        const isDone = new Set(closes.map((close) => JSON.stringify(close)));
        const left = this.#state.closes.filter((close) => !isDone.has(JSON.stringify(close)));
        this.#state = { ...this.#state, closes: left };
        this.#isUnwritten = true;
      },
    });
  }

  get epoch(): number {
    return this.#order.epoch;
  }

  get held(): { readonly count: number; readonly reason: string | null } {
    const count = this.#closes.held;
    return { count, reason: count > 0 ? "too-many" : null };
  }

  get scannedAtMs(): number | null {
    return this.#completeToMs;
  }

  get scanEndedAtMs(): number | null {
    return this.#reconciledAtMs;
  }

  get trouble(): string | null {
    return this.#trouble ?? this.#state.due;
  }

  get blockedCount(): number {
    return this.#blocked.size;
  }

  get blocked(): ReadonlyMap<string, string> {
    return this.#blocked;
  }

  noteBlocked(id: DocumentId, reason: string): void {
    if (this.#blocked.size < blockedMax) this.#blocked.set(keyOf(id), reason);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { chance, clock, logger, source } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#open();
        while (!signal.aborted) {
          await this.#step(signal);
          failures = 0;
          this.#trouble = null;
        }
        await this.#write({});
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        failures += 1;
        if (error.message !== this.#trouble) {
          logger.warn({ source, problem: error.message }, "source waits");
        }
        this.#trouble = error.message;
        this.#reader = null;
        await clock.sleep(backoffMs(failures, chance(), backoff), signal);
      }
    }
  }

  /** Nobody but the topics knows the rows: the log's newest state is stated again. */
  async hint(ids: readonly DocumentId[], reason: Hint["reason"]): Promise<void> {
    const asked = ids.map((id) => ({ id, reason }));
    await this.state(asked);
  }

  async state(
    asked: readonly { readonly id: DocumentId; readonly reason: Hint["reason"] }[],
  ): Promise<void> {
    const unknown = await restate(this.#options, asked);
    for (const id of unknown)
      this.noteBlocked(id, "ask Debezium for an incremental snapshot of it");
  }

  async reconcile({ confirm }: { readonly confirm: number | null }): Promise<ReconcileReport> {
    const report = await this.#closes.run({
      confirmed: confirm,
      signal: AbortSignal.timeout(60_000),
    });
    this.#reconciledAtMs = this.#options.clock.nowMs();
    this.#options.scanned(report);
    return report;
  }

  /** Reads on where it was written down, or from the beginning in a new epoch. */
  async #open(): Promise<void> {
    const { catalogue, clock, index, log, logger, mappingDigest, source, topicNames, topics } =
      this.#options;
    if (this.#reader) return;
    const identity = `${await identityOfPushed(log)} ${mappingDigest}`;
    const counts = await index.counts(this.#options.generation());
    const highest = counts.find((each) => each.source === source)?.highestEpoch ?? 0;
    const before = catalogue.source(source);
    const record = await catalogue.ensureEpoch(source, identity, highest);
    const kept = record.isNew ? null : decodeLineState(record.state);
    this.#state = kept ?? newLineState(record.epoch);
    this.#order = new StreamOrder(this.#state.order);
    if (record.isNew && before) {
      logger.warn(
        { source, epoch: record.epoch },
        "the log or the mapping is another one: read again",
      );
      // What the topics tell no more of may be gone, or only too long ago.
      const { epoch } = record;
      const close = { prefix: "", epoch, position: 0, isDoubtful: true };
      this.#state = { ...this.#state, closes: [close] };
    }
    this.#reader = new TopicsReader({
      topics,
      names: topicNames,
      places: this.#state.topics,
      clock,
      events: {
        renewed: (topic) => {
          logger.warn({ source, topic }, "a topic was made anew; it is read from its beginning");
          this.#order.forget((partition) => partition.startsWith(`${topic}/`));
        },
        missed: (place) => {
          logger.warn({ source, ...place }, "records were removed before they were read");
          const due = `${place.topic} lost records before they were read: ask Debezium for a snapshot`;
          this.#state = { ...this.#state, due };
        },
      },
    });
    this.#identityAtMs = clock.nowMs();
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const reader = this.#mustRead();
    await this.#checkIdentity();
    if (!this.#reader) return;
    await reader.fill();
    const isAny = await this.#handleWaiting(reader, signal);
    const { completeToMs } = reader;
    if (completeToMs !== null) await this.#complete(completeToMs, signal);
    this.#isUnwritten ||= isAny;
    if (!this.#isUnwritten || clock.nowMs() - this.#writtenAtMs < writeEveryMs) return;
    await this.#write({});
  }

  async #handleWaiting(reader: TopicsReader, signal: AbortSignal): Promise<boolean> {
    let isAny = false;
    while (!signal.aborted && reader.peek()) {
      const effects = noEffects();
      const reads = noEffects();
      let hasReads = false;
      for (let count = 0; count < recordsMax; count += 1) {
        const record = reader.peek();
        if (!record) break;
        const event = decodeEvent(record, this.#options.decode);
        const isRead = event.kind === "row" && event.snapshot === "incremental";
        // What comes after a read is not to be known before it.
        if (hasReads && !isRead) break;
        hasReads ||= isRead;
        await this.#handle(event, record, { effects: isRead ? reads : effects });
        reader.shift();
        isAny = true;
      }
      await this.#publish(effects);
      if (!hasReads) continue;
      await placeReads(this.#options, reads, { epoch: this.epoch, signal });
      await this.#publish(reads);
      // They stand above what was known when they were placed, so they are not placed twice.
      if (!signal.aborted) await this.#write({});
    }
    return isAny;
  }

  async #handle(
    event: DebeziumEvent,
    record: ForeignRecord,
    { effects }: { readonly effects: Effects },
  ): Promise<void> {
    if (event.kind === "heartbeat") this.#order.noteHeartbeat(event.atMs);
    if (event.kind !== "row" && event.kind !== "truncate") {
      this.#handler.note(event, record, effects);
      return;
    }
    const partition = `${record.topic}/${record.partition}`;
    const verdict = await this.#place(event, partition, effects);
    if (verdict.kind === "removed") return skip(effects, "truncated");
    const { revision } = verdict;
    this.#order.note(event, partition, revision);
    if (event.kind === "truncate") return this.#handler.truncate(event.table, revision, effects);
    if (event.snapshotId !== null) this.#noteSnapshot(event, event.snapshotId);
    const observedAtMs = this.#options.clock.nowMs();
    await this.#handler.row({ event, revision }, record, { effects, observedAtMs });
  }

  async #place(
    event: Extract<DebeziumEvent, { kind: "row" | "truncate" }>,
    partition: string,
    effects: Effects,
  ) {
    for (;;) {
      const verdict = this.#order.place(event, partition);
      if (verdict.kind !== "new-epoch") return verdict;
      await this.#publish(effects);
      const { fromMs, reason, snapshotId } = verdict;
      await this.#beginEpoch({ fromMs, reason, snapshotId });
    }
  }

  #noteSnapshot(event: RowEvent, id: string): void {
    const { snapshot } = this.#state;
    if (snapshot?.id !== id) return;
    const tables = snapshot.tables.includes(event.table)
      ? snapshot.tables
      : [...snapshot.tables, event.table];
    const isEnded = snapshot.isEnded || event.snapshot === "last";
    this.#state = { ...this.#state, snapshot: { ...snapshot, tables, isEnded } };
  }

  async #beginEpoch(begun: {
    readonly fromMs: number;
    readonly reason: EpochReason;
    readonly snapshotId: string | null;
  }): Promise<void> {
    const { catalogue, clock, logger, source } = this.#options;
    const { fromMs, reason, snapshotId } = begun;
    const known = catalogue.source(source);
    if (!known) throw new Error(`source ${source} has no record`);
    const lastEpoch = Math.max(known.epoch, this.epoch);
    const epoch = nextEpoch({ lastEpoch, highestInManifests: 0, nowMs: clock.nowMs() });
    this.#order.beginEpoch({ epoch, fromMs, snapshotId });
    const isLost = reason === "lost-identity";
    const due = isLost
      ? "its LSNs fell back, so the database is another one: ask Debezium for a snapshot"
      : this.#state.due;
    await this.#write({
      due,
      closes: [],
      snapshot: snapshotId === null ? null : { id: snapshotId, epoch, tables: [], isEnded: false },
    });
    logger[isLost ? "warn" : "info"]({ source, epoch, reason }, "new epoch");
  }

  async #publish(effects: Effects): Promise<void> {
    await publishEffects(this.#options, effects);
    const closes = effects.closes.splice(0);
    if (closes.length > 0) await this.#write({ closes: [...this.#state.closes, ...closes] });
  }

  /** Everything that could be read has been: what is absent now is absent. */
  async #complete(toMs: number, signal: AbortSignal): Promise<void> {
    const { clock, log, source } = this.#options;
    this.#completeToMs = toMs;
    const { snapshot } = this.#state;
    if (snapshot?.isEnded) await this.#endSnapshot(snapshot);
    if (this.#closes.isDue) this.#closes.start(signal, (report) => this.#options.scanned(report));
    if (clock.nowMs() - this.#markedAtMs >= markerEveryMs) {
      this.#markedAtMs = clock.nowMs();
      await publishMarker(log, mutationsTopic, {
        source,
        producer: "debezium",
        completeToMs: toMs,
      });
    }
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.scanned(this.#closes.report());
  }

  async #endSnapshot({ epoch, tables }: NonNullable<LineState["snapshot"]>): Promise<void> {
    const closes = [...this.#options.mappings.keys()].map((table) => ({
      prefix: keyPrefixOf(table),
      epoch,
      position: 0,
      // It may be empty, or none of those that were asked for.
      isDoubtful: !tables.includes(table),
    }));
    await this.#write({ snapshot: null, due: null, closes: [...this.#state.closes, ...closes] });
  }

  async #checkIdentity(): Promise<void> {
    const { catalogue, clock, log, mappingDigest, source } = this.#options;
    if (clock.nowMs() - this.#identityAtMs < identityEveryMs) return;
    this.#identityAtMs = clock.nowMs();
    const identity = `${await identityOfPushed(log)} ${mappingDigest}`;
    if (catalogue.source(source)?.identity === identity) return;
    this.#reader = null;
    await this.#open();
  }

  /** When it resolves, reading goes on from here after a crash. */
  async #write(changed: Partial<LineState>): Promise<void> {
    const { catalogue, clock, source } = this.#options;
    this.#state = {
      ...this.#state,
      ...changed,
      order: this.#order.state,
      topics: this.#reader?.places ?? this.#state.topics,
    };
    const known = catalogue.source(source);
    if (!known) throw new Error(`source ${source} has no record`);
    const state = encodeLineState(this.#state);
    await catalogue.putSource({ ...known, epoch: this.epoch, snapshotDue: false, state });
    this.#writtenAtMs = clock.nowMs();
    this.#isUnwritten = false;
  }

  #mustRead(): TopicsReader {
    if (this.#reader) return this.#reader;
    throw new TransientError("the topics are not open");
  }
}
