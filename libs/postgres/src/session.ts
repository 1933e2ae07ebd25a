/** One period of reading, from a connection to its loss: everything in it ends together. */
import type { DocumentId, MutationReason } from "@tidemark/domain";
import { TransientError, type CloseReport } from "@tidemark/pipeline";
import { keyPrefixOf } from "@tidemark/rows";
import { Closes, withCloses } from "./closes.ts";
import { translated, type Connection } from "./connection.ts";
import { leftOutOf } from "./examine.ts";
import { EventFold } from "./fold-events.ts";
import { openSession, type OpenSession } from "./open-session.ts";
import type { PostgresLineOptions } from "./postgres-line.ts";
import type { PublishContext } from "./publish.ts";
import type { KeyRange } from "./read-rows.ts";
import { snapshotPart, snapshotWhole, stateDocuments, type SnapshotContext } from "./snapshots.ts";
import { slotFacts } from "./slot.ts";
import { StreamPublisher } from "./stream-publisher.ts";
import { setUnkeyedAside, type UnkeyedRow } from "./unkeyed-rows.ts";
import { Watermarks } from "./watermarks.ts";

export interface Reconciled {
  readonly listed: number;
  readonly report: CloseReport;
}

export interface SessionEvents {
  /** Why the source waits; null when it does not. */
  readonly waits: (why: string | null) => void;
  /** Somebody else reads the slot, or does not any more. */
  readonly standsBy: (does: boolean) => void;
  readonly opened: (session: Session) => void;
  readonly marked: (completeToMs: number) => void;
  readonly closed: (report: CloseReport) => void;
  readonly snapshotted: (snapshot: Reconciled, beganAtMs: number) => void;
  readonly slotKeeps: (bytes: number) => void;
}

const beatEveryMs = 1_000;
const slotEveryMs = 10_000;
const closesEveryMs = 200;
/** Keys that the stream has stated while a snapshot runs: past it, they are stated twice. */
const streamedMax = 200_000;

export class Session {
  readonly #options: PostgresLineOptions;
  readonly #open: OpenSession;
  readonly #events: SessionEvents;
  readonly #signal: AbortSignal;
  readonly #closes: Closes;
  readonly #others: { readonly rereads: Connection; readonly snapshots: Connection };
  readonly #watermarks: Watermarks;
  readonly #streamed = new Set<string>();
  #isComplete: boolean;
  #snapshotting: Promise<unknown> = Promise.resolve();
  #areClosesDue = true;

  private constructor(
    options: PostgresLineOptions,
    open: OpenSession,
    around: {
      readonly events: SessionEvents;
      readonly signal: AbortSignal;
      readonly others: { readonly rereads: Connection; readonly snapshots: Connection };
    },
  ) {
    this.#options = options;
    this.#open = open;
    this.#events = around.events;
    this.#signal = around.signal;
    this.#others = around.others;
    this.#isComplete = !open.isSnapshotDue;
    this.#watermarks = new Watermarks(open.control, options.clock);
    const { clock, generation, index, limits, log, source } = options;
    this.#closes = new Closes({
      context: () => ({ source, log, index, generation: generation(), clock, limits }),
      epoch: open.epoch,
      state: open.state,
    });
  }

  /** Until the signal. @throws TransientError when anything of it is lost */
  static async run(
    options: PostgresLineOptions,
    events: SessionEvents,
    signal: AbortSignal,
  ): Promise<void> {
    await using resources = new AsyncDisposableStack();
    const stop = new AbortController();
    const all = AbortSignal.any([signal, stop.signal]);
    const { standsBy, waits } = events;
    const open = await openSession(options, resources, { signal: all, standsBy, waits });
    const others = {
      rereads: await open.connect("rereads"),
      snapshots: await open.connect("snapshots"),
    };
    if (signal.aborted) return;
    const session = new Session(options, open, { events, signal: all, others });
    events.opened(session);
    const parts = [
      session.#stream(),
      session.#beat(),
      session.#watchSlot(),
      session.#closeWhenDue(),
      session.#snapshotWhenDue(),
      session.#untilLost(),
    ];
    try {
      // The first that fails ends all of them.
      await Promise.all(parts);
    } finally {
      stop.abort();
      // First, since a server that answers nothing would be waited for by whoever asked it something.
      await resources.disposeAsync();
      await Promise.allSettled(parts);
    }
  }

  /** Aborted when it ends. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  get epoch(): number {
    return this.#open.epoch;
  }

  /** States documents anew, as they are in the database now. */
  state(
    asked: readonly { readonly id: DocumentId; readonly reason: MutationReason }[],
  ): Promise<void> {
    return stateDocuments(this.#context(this.#others.rereads), asked);
  }

  /** Reads every table again, within the epoch; or only applies what was held. */
  async reconcile({ confirm }: { readonly confirm: number | null }): Promise<Reconciled> {
    const held = this.#open.state.now.closes.length > 0;
    if (confirm === null || !held) {
      const stated = await this.#alone(() => this.#restate());
      const report = await this.#close(confirm);
      return { listed: stated, report };
    }
    return { listed: 0, report: await this.#close(confirm) };
  }

  /** A range of a table, within the epoch: how many rows were stated. What is gone, the stream tells. */
  async restatePart(name: string, range: KeyRange): Promise<number> {
    const table = this.#open.tables.get(name);
    if (!table) throw new RangeError(`no table ${name} is mapped`);
    const part = await this.#alone(() =>
      snapshotPart(this.#context(this.#others.snapshots), [table], range),
    );
    return part.listed;
  }

  async #restate(): Promise<number> {
    const tables = [...this.#open.tables.values()];
    const { listed, position } = await snapshotPart(this.#context(this.#others.snapshots), tables);
    await this.#closes.add(
      tables.map(({ mapping }) => ({ prefix: keyPrefixOf(mapping.table), position })),
    );
    return listed;
  }

  async #close(confirmed: number | null): Promise<CloseReport> {
    const report = await this.#closes.run({ confirmed, signal: this.#signal });
    this.#events.closed(report);
    return report;
  }

  async #stream(): Promise<void> {
    const { clock } = this.#options;
    const { expected, state, stream, tables, types } = this.#open;
    const publisher = new StreamPublisher({
      publish: this.#publishing,
      reread: {
        connection: this.#others.rereads,
        types,
        tables,
        clock,
        signal: this.#signal,
        waits: (whom) => this.#events.waits(whom && `a change waits for ${whom}`),
      },
      stream,
      state,
      closes: this.#closes,
      expected,
      clock,
      streaming: (keys) => this.#noteStreamed(keys),
      closesDue: () => {
        this.#areClosesDue = true;
      },
      unkeyed: (rows) => this.#setAside(rows),
      writtenAtMs: (id) => this.#watermarks.passed(id),
      isComplete: () => this.#isComplete,
      marked: this.#events.marked,
    });
    const fold = new EventFold(this.#options.mappings, types);
    for await (const events of stream.batches(this.#signal))
      await publisher.take(fold.fold(events));
  }

  /** Proves, again and again, that nothing is missing; and looks after what is due. */
  async #beat(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#signal.aborted) {
      await this.#watermarks.emit();
      await clock.sleep(beatEveryMs, this.#signal);
    }
  }

  async #watchSlot(): Promise<void> {
    const { clock, logger, mappings, publication, slot, slotBytesMax, source } = this.#options;
    const { control } = this.#open;
    while (!this.#signal.aborted) {
      const facts = await slotFacts(control, slot);
      const keptBytes = facts?.keptBytes ?? 0;
      this.#events.slotKeeps(keptBytes);
      if (!facts || facts.isLost) throw new TransientError(`slot ${slot} is gone`);
      if (keptBytes > slotBytesMax) {
        logger.error(
          { source, slot, keptBytes, slotBytesMax },
          "slot is dropped, and all is read again",
        );
        await this.#abandon(`slot ${slot} kept ${keptBytes} bytes of WAL, more than slotMax`);
      }
      const leftOut = await leftOutOf(control, mappings, publication);
      if (leftOut !== null) await this.#abandon(leftOut);
      await clock.sleep(slotEveryMs, this.#signal);
    }
  }

  /** Written down, so that whoever reads next makes the slot anew and reads all of it. */
  async #abandon(why: string): Promise<never> {
    await this.#open.state.change((now) => ({ ...now, abandoned: why }));
    throw new TransientError(why);
  }

  async #closeWhenDue(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#signal.aborted) {
      // After a snapshot its own close comes first.
      if (this.#areClosesDue && this.#isComplete) {
        this.#areClosesDue = false;
        await this.#close(null);
      }
      await clock.sleep(closesEveryMs, this.#signal);
    }
  }

  async #snapshotWhenDue(): Promise<void> {
    if (this.#isComplete) return;
    const { clock } = this.#options;
    const { state } = this.#open;
    const beganAtMs = clock.nowMs();
    const { listed, position } = await this.#alone(() =>
      snapshotWhole(this.#context(this.#others.snapshots), (key) => this.#streamed.has(key)),
    );
    this.#streamed.clear();
    const close = { prefix: "", position };
    await state.change((now) => ({ ...now, closes: withCloses(now.closes, [close]) }), {
      snapshotDue: false,
    });
    const report = await this.#close(null);
    if (this.#signal.aborted) return;
    this.#isComplete = true;
    this.#events.snapshotted({ listed, report }, beganAtMs);
  }

  /** A connection that is lost says so by itself only to whoever asks it something. */
  async #untilLost(): Promise<void> {
    const { lost } = this.#open.control;
    await new Promise<void>((resolve) => {
      const done = AbortSignal.any([lost, this.#signal]);
      if (done.aborted) resolve();
      else done.addEventListener("abort", () => resolve(), { once: true });
    });
    if (!this.#signal.aborted) throw translated(lost.reason);
  }

  #setAside(rows: readonly UnkeyedRow[]): Promise<void> {
    return setUnkeyedAside({ ...this.#publishing, logger: this.#options.logger }, rows);
  }

  #noteStreamed(keys: Iterable<string>): void {
    if (this.#isComplete) return;
    for (const key of keys) if (this.#streamed.size < streamedMax) this.#streamed.add(key);
  }

  /** One snapshot at a time: they have one connection. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#snapshotting.catch(() => {}).then(work);
    this.#snapshotting = done;
    return done;
  }

  get #publishing(): PublishContext {
    const { clock, log, source } = this.#options;
    return { source, epoch: this.epoch, log, clock };
  }

  #context(connection: Connection): SnapshotContext {
    return {
      connection,
      types: this.#open.types,
      tables: this.#open.tables,
      publish: this.#publishing,
      clock: this.#options.clock,
      signal: this.#signal,
      waits: (whom) => this.#events.waits(whom && `reading waits for open transactions: ${whom}`),
      unkeyed: (rows) => this.#setAside(rows),
    };
  }
}
