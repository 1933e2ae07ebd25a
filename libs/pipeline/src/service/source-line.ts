/**
 * Keeps one listable source heard: its watcher's hints go out at once, its scan finds what watching
 * missed, and scans follow one another as closely as their cost allows.
 */
import {
  documentId,
  keyOf,
  type DocumentId,
  type GenerationId,
  type Hint,
  type HoldLimits,
  type SourceName,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { ReconcileReport } from "../operations.ts";
import type { DocumentSource } from "../ports/document-source.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { SourceWatch } from "../ports/source-watch.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Chance, Clock, PipelineLogger } from "../ports/world.ts";
import { backoffMs } from "../run-stage/backoff.ts";
import { hintsTopic, mutationsTopic, resolverGroup, restrictorGroup } from "../topics.ts";
import { beganAnew } from "./began-anew.ts";
import type { Catalogue } from "./catalogue.ts";
import { HintPublisher } from "./hint-publisher.ts";
import { beatForListed } from "./listed-heartbeats.ts";
import { identityOfListed } from "./log-identity.ts";
import { LostEvents, type LostReport, type ScanFindings } from "./lost-events.ts";
import { scanSource } from "./scan.ts";

export type {
  Finding,
  SourceWatch,
  ToldKey,
  UnreadableNotice,
  WatchListener,
} from "../ports/source-watch.ts";
export type { LostReport } from "./lost-events.ts";

export interface SourceLineOptions {
  readonly source: SourceName;
  readonly from: DocumentSource;
  readonly watch: SourceWatch | null;
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly limits: HoldLimits;
  /** The longest pause between scans. */
  readonly scanMs: number;
  /** The shortest, where a scan costs more than its time; a second unless given. */
  readonly scanLeastMs?: number;
  readonly generation: () => GenerationId;
  /** Up to when the restrictor has passed this source's markers: earlier scans are digested. */
  readonly digestedTo: () => number | null;
  readonly scanned: (report: ReconcileReport) => void;
  /** Which of a scan's findings no event had told of; some time after the scan. */
  readonly lost?: (report: LostReport) => void;
}

/** Scanning takes at most this share of the time. */
const scanShare = 0.02;
const scanLeastMsDefault = 1_000;
/** What could not be listed is tried again after this long at most. */
const unlistableMs = 30_000;
const identityEveryMs = 10_000;
const blockedMax = 10_000;
const digestPollMs = 50;
/** What could not be read is asked for again, later each time that it still cannot be. */
const unreadAgainMs = 5_000;
const unreadAgainMsMax = 600_000;
const unreadTogetherMax = 100;
/** A source that has not answered for this long is told to be silent. */
const silentAfterMs = 5_000;

export class SourceLine {
  readonly #options: SourceLineOptions;
  readonly #publisher: HintPublisher;
  #epoch = 0;
  #last: ReconcileReport | null = null;
  #scannedAtMs: number | null = null;
  #scanEndedAtMs: number | null = null;
  #scanning: Promise<ReconcileReport> | null = null;
  #trouble: string | null = null;
  #scanSoon = new AbortController();
  #scanDue = false;
  readonly #lost: LostEvents | null;
  /** Documents that are there and could not be read: the next scan asks for them again. */
  readonly #blocked = new Map<string, string>();
  /** When each reading began that has not ended. */
  readonly #readings = new Set<{ readonly beganAtMs: number }>();

  constructor(options: SourceLineOptions) {
    this.#options = options;
    const { lost = () => {}, watch } = options;
    this.#publisher = new HintPublisher({
      ...options,
      epoch: () => this.#epoch,
      announced: (key, hint) => this.#lost?.announced(key, hint),
      scanDue: () => this.#scanNext(),
    });
    // Who cannot say that it has heard everything cannot be said to have lost anything.
    this.#lost = watch?.drained ? new LostEvents({ watch, told: lost }) : null;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get held(): { readonly count: number; readonly reason: string | null } {
    return { count: this.#last?.held ?? 0, reason: this.#last?.heldReason ?? null };
  }

  /** When the last scan that finished began. */
  get scannedAtMs(): number | null {
    return this.#scannedAtMs;
  }

  get scanEndedAtMs(): number | null {
    return this.#scanEndedAtMs;
  }

  get trouble(): string | null {
    return this.#trouble ?? this.#options.watch?.trouble?.() ?? this.#silence();
  }

  /** What no event told of, by the last scan that could be judged, and since the process began. */
  get lost(): { readonly last: LostReport | null; readonly total: number } {
    return { last: this.#lost?.last ?? null, total: this.#lost?.total ?? 0 };
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#untilEpoch(signal);
    await Promise.all([
      this.#options.watch?.watch(this.#publisher.listener, signal),
      this.#publisher.run(signal),
      this.#scanLoop(signal),
      this.#identityLoop(signal),
      this.#unreadLoop(signal),
      this.#lost?.run(signal),
      beatForListed({ ...this.#options, heardTo: (stop) => this.#heardTo(stop) }, signal),
    ]);
  }

  /** Null where nothing tells of changes, and before the first scan has found what nothing told of. */
  async #heardTo(signal: AbortSignal): Promise<number | null> {
    const { clock, watch } = this.#options;
    if (!watch || this.#scannedAtMs === null) return null;
    const nowMs = clock.nowMs();
    if (watch.drained && !(await watch.drained(nowMs, signal))) return null;
    return (await this.#publisher.published(this.#scannedAtMs, signal)) ? nowMs : null;
  }

  /** A scan now; with `confirm` up to so many deletes may be applied that would be held. */
  async reconcile({ confirm }: { readonly confirm: number | null }): Promise<ReconcileReport> {
    await this.#scanning;
    if (confirm !== null) await this.#options.watch?.acceptRoot();
    return this.#scan(confirm);
  }

  /** A document is there and cannot be read now; it stays as it was. */
  noteBlocked(id: DocumentId, reason: string): void {
    if (this.#blocked.size < blockedMax) this.#blocked.set(keyOf(id), reason);
  }

  /** A document is being read from here on, until what is answered is called. */
  noteReading(): () => void {
    const reading = { beganAtMs: this.#options.clock.nowMs() };
    this.#readings.add(reading);
    return () => this.#readings.delete(reading);
  }

  get blockedCount(): number {
    return this.#blocked.size;
  }

  /** Documents that could not be read when they were last asked for, with the reasons. */
  get blocked(): ReadonlyMap<string, string> {
    return this.#blocked;
  }

  /** Asks for documents to be read again. */
  hint(ids: readonly DocumentId[], reason: Hint["reason"]): Promise<void> {
    return this.#publisher.ask(ids, reason);
  }

  /** Hints are gone that nobody had read: what they told of is found by listing. */
  scanSoon(): void {
    this.#scanNext();
  }

  #scanNext(): void {
    this.#scanDue = true;
    this.#scanSoon.abort();
  }

  async #scanLoop(signal: AbortSignal): Promise<void> {
    const { clock, logger, source } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#ensureEpoch(signal);
        this.#scanning = this.#scan(null, signal);
        const report = await this.#scanning;
        failures = 0;
        await this.#untilDigested(signal);
        await this.#pause(this.#pauseAfter(report), signal);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        failures += 1;
        this.#trouble = error.message;
        logger.warn({ source, problem: error.message }, "scan failed");
        await clock.sleep(backoffMs(failures, this.#options.chance()), signal);
      } finally {
        this.#scanning = null;
      }
    }
  }

  #pauseAfter({ heldReason, tookMs }: ReconcileReport): number {
    const { scanLeastMs = scanLeastMsDefault, scanMs } = this.#options;
    const leastMs = heldReason === "unlistable" ? Math.min(unlistableMs, scanLeastMs) : scanLeastMs;
    return Math.min(scanMs, Math.max(leastMs, tookMs / scanShare));
  }

  /** Until the next scan is due, or one is asked for. */
  async #pause(pauseMs: number, signal: AbortSignal): Promise<void> {
    // Who was aborted before tells no listener.
    if (signal.aborted || this.#scanDue) return;
    const soon = new AbortController();
    this.#scanSoon = soon;
    const stop = () => soon.abort();
    signal.addEventListener("abort", stop, { once: true });
    await this.#options.clock.sleep(pauseMs, soon.signal);
    signal.removeEventListener("abort", stop);
  }

  async #scan(confirmed: number | null, signal?: AbortSignal): Promise<ReconcileReport> {
    const { catalogue, clock, generation, source, limits, logger } = this.#options;
    const record = catalogue.source(source);
    const beganAtMs = clock.nowMs();
    this.#scanDue = false;
    const isSnapshot = record?.snapshotDue ?? true;
    const findings = isSnapshot ? null : await this.#beginFindings(beganAtMs);
    await this.#askForBlocked();
    const report = await scanSource({
      source,
      from: this.#options.from,
      log: this.#options.log,
      index: this.#options.index,
      generation: generation(),
      clock,
      epoch: this.#epoch,
      snapshot: isSnapshot,
      limits,
      confirmed,
      found: (finding) => findings && LostEvents.note(findings, finding),
      ...(signal ? { signal } : {}),
    });
    const isWhole = report.heldReason !== "unlistable";
    if (findings) this.#lost?.end(findings, { endedAtMs: clock.nowMs(), isWhole });
    if (report.held > 0 && report.held !== this.#last?.held) {
      logger.warn({ source, held: report.held, reason: report.heldReason }, "deletes are held");
    }
    this.#last = report;
    this.#scanEndedAtMs = clock.nowMs();
    this.#trouble = isWhole ? null : "it cannot be listed; nothing is taken for deleted";
    if (isWhole) {
      this.#scannedAtMs = beganAtMs;
      if (record?.snapshotDue) await catalogue.putSource({ ...record, snapshotDue: false });
    }
    this.#options.scanned(report);
    return report;
  }

  /** A snapshot finds everything and misses nothing: no events were to tell of it. */
  async #beginFindings(beganAtMs: number): Promise<ScanFindings | null> {
    if (!this.#lost) return null;
    const { generation, log } = this.#options;
    const toResolve = await log.lag(hintsTopic, resolverGroup);
    const toRestrict = await log.lag(mutationsTopic, restrictorGroup(generation()));
    const unread = [...this.#blocked.keys()];
    return this.#lost.begin(beganAtMs, { backlog: toResolve + toRestrict, unread });
  }

  async #askForBlocked(most = Number.POSITIVE_INFINITY): Promise<void> {
    const asked = [...this.#blocked].slice(0, most);
    if (asked.length === 0) return;
    // Before they are asked for: whoever reads them may find that they still cannot be read.
    for (const [key] of asked) this.#blocked.delete(key);
    const ids = asked.map(([key]) => documentId(this.#options.source, key));
    await this.hint(ids, "reconcile").catch((error: unknown) => {
      for (const [key, reason] of asked) this.#blocked.set(key, reason);
      throw error;
    });
  }

  /** The next scan may be hours away, and the source answer again in seconds. */
  async #unreadLoop(signal: AbortSignal): Promise<void> {
    const { clock, logger, source } = this.#options;
    for (let waitMs = unreadAgainMs; !signal.aborted;) {
      await clock.sleep(waitMs, signal);
      const isUnread = this.#blocked.size > 0;
      waitMs = isUnread ? Math.min(waitMs * 2, unreadAgainMsMax) : unreadAgainMs;
      if (signal.aborted) return;
      try {
        await this.#askForBlocked(unreadTogetherMax);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ source, problem: error.message }, "what was not read is not asked for");
      }
    }
  }

  #silence(): string | null {
    const [oldest] = this.#readings;
    const silentMs = oldest ? this.#options.clock.nowMs() - oldest.beganAtMs : 0;
    return silentMs > silentAfterMs ? "it does not answer when a document is read" : null;
  }

  /** A scan that finds what the last one already asked for would ask twice. */
  async #untilDigested(signal: AbortSignal): Promise<void> {
    const { clock, digestedTo } = this.#options;
    while (!signal.aborted && !this.#scanDue && this.#last?.heldReason !== "unlistable") {
      const to = digestedTo();
      if (to !== null && this.#scannedAtMs !== null && to >= this.#scannedAtMs) {
        this.#lost?.caughtUp();
        return;
      }
      await clock.sleep(digestPollMs, signal);
    }
  }

  async #ensureEpoch(signal: AbortSignal): Promise<void> {
    const { catalogue, index, log, source, generation, logger } = this.#options;
    if (signal.aborted) return;
    const identity = await identityOfListed(log);
    const counts = await index.counts(generation());
    const highest = counts.find((each) => each.source === source)?.highestEpoch ?? 0;
    const before = catalogue.source(source);
    const record = await catalogue.ensureEpoch(source, identity, highest);
    if (record.isNew) {
      const { epoch } = record;
      if (before) logger.warn({ source, epoch }, beganAnew.listedLog);
      else logger.info({ source, epoch }, "first epoch");
    }
    this.#epoch = record.epoch;
  }

  /** At the start the servers may still be starting. */
  async #untilEpoch(signal: AbortSignal): Promise<void> {
    const { chance, clock, logger, source } = this.#options;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await this.#ensureEpoch(signal);
        return;
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ source, problem: error.message }, "source waits");
        await clock.sleep(backoffMs(failures, chance()), signal);
      }
    }
  }

  /** Scans may be hours apart; that the log is another one must not wait for the next. */
  async #identityLoop(signal: AbortSignal): Promise<void> {
    const { catalogue, clock, log, logger, source } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(identityEveryMs, signal);
      try {
        const identity = await identityOfListed(log);
        const record = catalogue.source(source);
        if (record && record.identity === identity) continue;
        this.#scanNext();
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ source, problem: error.message }, "the log's identity is not known");
      }
    }
  }
}
