/** A database as a source: read through one slot for as long as it can be, and again when it can. */
import {
  keyOf,
  type DocumentId,
  type GenerationId,
  type Hint,
  type HoldLimits,
  type SourceName,
} from "@tidemark/domain";
import {
  backoffMs,
  publishHints,
  TransientError,
  type Catalogue,
  type Chance,
  type Clock,
  type CloseReport,
  type EventLog,
  type PipelineLogger,
  type ReconcileReport,
  type RunningLine,
  type VectorIndex,
} from "@tidemark/pipeline";
import type { TableMapping } from "@tidemark/rows";
import type { KeyRange } from "./read-rows.ts";
import { Session, type Reconciled } from "./session.ts";

export interface PostgresLineOptions {
  readonly source: SourceName;
  readonly url: string;
  readonly slot: string;
  readonly publication: string;
  readonly mappings: ReadonlyMap<string, TableMapping>;
  /** Of all that is mapped: another one begins a new epoch. */
  readonly mappingDigest: string;
  /** WAL kept for the slot at most; past it the slot is dropped and all is read again. */
  readonly slotBytesMax: number;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly limits: HoldLimits;
  readonly generation: () => GenerationId;
  /** After a snapshot; and once at the start where none was due. */
  readonly scanned: (report: ReconcileReport) => void;
  readonly slotKeeps: (bytes: number) => void;
  /** Somebody else reads the slot: this one is there for when they do not any more. */
  readonly standsBy: () => void;
}

const backoff = { firstMs: 200, mostMs: 15_000 };
const blockedMax = 1_000;
const readingPollMs = 200;

export class PostgresLine implements RunningLine {
  readonly #options: PostgresLineOptions;
  #session: Session | null = null;
  /** Why it is not read, until it is again. */
  #trouble: string | null = "it is not connected yet";
  /** Whom it waits for, at the moment. */
  #waiting: string | null = null;
  #standsBy = false;
  #held = 0;
  #completeToMs: number | null = null;
  #scannedAtMs: number | null = null;
  #scanEndedAtMs: number | null = null;
  #isTold = false;
  readonly #blocked = new Map<string, string>();

  constructor(options: PostgresLineOptions) {
    this.#options = options;
  }

  get epoch(): number {
    const { catalogue, source } = this.#options;
    return this.#session?.epoch ?? catalogue.source(source)?.epoch ?? 0;
  }

  get held(): { readonly count: number; readonly reason: string | null } {
    return { count: this.#held, reason: this.#held > 0 ? "too-many" : null };
  }

  get scannedAtMs(): number | null {
    return this.#scannedAtMs;
  }

  get scanEndedAtMs(): number | null {
    return this.#scanEndedAtMs;
  }

  /** Up to when everything that was committed is on the log. */
  get completeToMs(): number | null {
    return this.#completeToMs;
  }

  get trouble(): string | null {
    return this.#waiting ?? this.#trouble;
  }

  get standsBy(): boolean {
    return this.#standsBy;
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
      const events = {
        waits: (why: string | null) => {
          if (why !== null && why !== this.#waiting) logger.warn({ source, why }, "source waits");
          this.#waiting = why;
        },
        standsBy: (does: boolean) => {
          this.#standsBy = does;
          if (does) this.#options.standsBy();
        },
        opened: (session: Session) => {
          failures = 0;
          this.#session = session;
          this.#trouble = null;
        },
        marked: (completeToMs: number) => this.#marked(completeToMs),
        closed: (report: CloseReport) => this.#closed(report),
        snapshotted: (snapshot: Reconciled, beganAtMs: number) => {
          this.#scannedAtMs = beganAtMs;
          this.#tell(snapshot, beganAtMs);
        },
        slotKeeps: this.#options.slotKeeps,
      };
      try {
        await Session.run(this.#options, events, signal);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        failures += 1;
        this.#ended();
        if (error.message !== this.#trouble)
          logger.warn({ source, problem: error.message }, "source waits");
        this.#trouble = error.message;
        await clock.sleep(backoffMs(failures, chance(), backoff), signal);
      } finally {
        this.#ended();
      }
    }
  }

  /** On the log, so that it is done by whoever reads the database then. */
  async hint(ids: readonly DocumentId[], reason: Hint["reason"]): Promise<void> {
    const { clock, log, source } = this.#options;
    const observedAtMs = clock.nowMs();
    await publishHints(
      log,
      ids.map((documentId) => ({
        source,
        documentId,
        epoch: this.epoch,
        expects: "unknown" as const,
        reason,
        sourceTimeMs: null,
        observedAtMs,
        trace: null,
      })),
      { durable: true },
    );
  }

  /** Resolves once the database is read here, with what is aborted when it no longer is. */
  async reading(signal: AbortSignal): Promise<AbortSignal> {
    // One that is ending is not read any more.
    while ((this.#session?.signal.aborted ?? true) && !signal.aborted) {
      await this.#options.clock.sleep(readingPollMs, signal);
    }
    return this.#session?.signal ?? signal;
  }

  /** @throws TransientError while the database cannot be read */
  state(
    asked: readonly { readonly id: DocumentId; readonly reason: Hint["reason"] }[],
  ): Promise<void> {
    return this.#mustHave().state(asked);
  }

  /** States the rows of a part of a table anew, within the epoch: how many there are. */
  restatePart(table: string, range: KeyRange): Promise<number> {
    return this.#mustHave().restatePart(table, range);
  }

  async reconcile({ confirm }: { readonly confirm: number | null }): Promise<ReconcileReport> {
    const beganAtMs = this.#options.clock.nowMs();
    const reconciled = await this.#mustHave().reconcile({ confirm });
    return this.#tell(reconciled, beganAtMs);
  }

  #ended(): void {
    this.#session = null;
    this.#waiting = null;
    this.#standsBy = false;
  }

  #mustHave(): Session {
    if (this.#session) return this.#session;
    throw new TransientError(
      `source ${this.#options.source}: ${this.trouble ?? "is not connected"}`,
      {
        dependency: "postgres",
      },
    );
  }

  #marked(completeToMs: number): void {
    this.#completeToMs = completeToMs;
    if (this.#isTold) return;
    // No snapshot was due: what is waited for at the start is here.
    const report = { absent: 0, applied: 0, held: this.#held };
    this.#tell({ listed: 0, report }, completeToMs);
  }

  #closed({ held }: CloseReport): void {
    const { logger, source } = this.#options;
    if (held > 0 && held !== this.#held)
      logger.warn({ source, held, reason: "too-many" }, "deletes are held");
    this.#held = held;
  }

  #tell({ listed, report }: Reconciled, beganAtMs: number): ReconcileReport {
    const { clock, scanned, source } = this.#options;
    const { absent, applied, held } = report;
    const told: ReconcileReport = {
      source,
      listed,
      missing: 0,
      stale: 0,
      orphaned: absent,
      held,
      heldReason: held > 0 ? "too-many" : null,
      applied,
      tookMs: clock.nowMs() - beganAtMs,
    };
    this.#isTold = true;
    this.#scanEndedAtMs = clock.nowMs();
    scanned(told);
    return told;
  }
}
