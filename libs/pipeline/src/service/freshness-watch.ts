/**
 * Follows hints, mutations and receipts, decides every change when it is found or when its target
 * passes, and tells everybody how it stands. One process does so; whoever else is asked repeats it.
 */
import {
  decodeHint,
  decodeMutation,
  decodeReceipt,
  PendingChanges,
  type CoalescingWindow,
  type Decision,
  type DocumentId,
  type EmbeddingAge,
  type GenerationId,
  type Manifest,
  type PendingChange,
  type SourceName,
} from "@tidemark/domain";
import { decodeChunkPart } from "../chunk-record.ts";
import { TransientError } from "../errors.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import {
  chunkerGroup,
  chunksTopic,
  freshnessTopic,
  hintsTopic,
  mutationsTopic,
  receiptsTopic,
  resolverGroup,
  restrictorGroup,
  upserterGroup,
} from "../topics.ts";
import { FreshnessAccounts, type Objectives } from "./freshness-accounts.ts";
import { viewKey, type FreshnessBoard } from "./freshness-board.ts";
import type { ProbeView } from "./probe.ts";
import { describePending, type SourcePending, type Troubles } from "./pending-view.ts";
import { TopicTail } from "./topic-tail.ts";

export interface WatchedSource {
  readonly name: SourceName;
  /** Its reader states documents by itself, at positions that are no offsets of hints. */
  readonly isStreamed: boolean;
}

export interface WatchOptions {
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly generation: () => GenerationId;
  readonly sources: readonly WatchedSource[];
  readonly objectives: Objectives;
  readonly windowOf: (source: SourceName) => CoalescingWindow;
  readonly board: FreshnessBoard;
  readonly decided: (decision: Decision) => void;
  /** How old the source's vectors are. */
  readonly ages: (source: SourceName) => EmbeddingAge | null;
  /** What is known to be wrong, seen from here. */
  readonly troubles: (source: SourceName) => Troubles;
  readonly probeOf: (source: SourceName) => ProbeView | null;
}

interface Tails {
  readonly hints: TopicTail;
  readonly mutations: TopicTail;
  readonly receipts: TopicTail;
}

interface Around {
  readonly active: GenerationId;
  readonly nowMs: number;
  readonly decide: (decisions: readonly Decision[]) => void;
}

const lookEveryMs = 500;
const tellEveryMs = 1_000;
const saveEveryMs = 10_000;
const changesMax = 20_000;
const examinedMax = 500;
/** Receipts of before that may be of changes that look pending still. */
const receiptsBack = 1_000;
const chunksBackMax = 2_000;
/** An index that does not answer within this is taken for one that does not. */
const answerWithinMs = 3_000;
/** Nobody waits for these; text in a record has its quotes escaped. */
const idleReasons = ["snapshot", "replay", "repair"].map((reason) => `"reason":"${reason}"`);

export class FreshnessWatch {
  readonly #options: WatchOptions;
  readonly #streamed: ReadonlySet<SourceName>;
  /** When something was last read that is not followed: by its source, or of whichever. */
  readonly #unfollowed = new Map<SourceName | null, number>();
  #savedAtMs = 0;
  #toldAtMs = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#streamed = new Set(
      options.sources.flatMap(({ isStreamed, name }) => (isStreamed ? [name] : [])),
    );
  }

  /** Until aborted; begins anew when another generation becomes the active one. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#watch(signal);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ problem: error.message }, "freshness is not followed");
        await clock.sleep(lookEveryMs, signal);
      }
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, generation, log, logger, objectives } = this.#options;
    const accounts = await FreshnessAccounts.load(log, objectives);
    const { countedTo } = accounts;
    const active = generation();
    const decidedToMs = countedTo?.decidedToMs ?? clock.nowMs();
    const pending = new PendingChanges({
      changesMax,
      decidedToMs,
      withinMs: ({ kind, source, tenant }) => objectives.of(source, tenant)[kind].withinMs,
    });
    const tails = await this.#open(accounts, active);
    pending.isRecalling = true;
    await this.#recallChunks(pending, active);
    this.#savedAtMs = clock.nowMs();
    // What was on its way before may be of a snapshot, or more than is recalled.
    this.#noteUnfollowed(null);
    const decide = (decisions: readonly Decision[]) => {
      for (const decision of decisions) {
        accounts.note(decision);
        this.#options.decided(decision);
      }
    };
    while (!signal.aborted && generation() === active) {
      // Before anything is read: what is done after it is decided the next time.
      const around = { active, decide, nowMs: clock.nowMs() };
      try {
        await this.#read(pending, tails, around);
        pending.isRecalling = false;
        await this.#decideDue(pending, around);
        await this.#tell(pending, accounts, around.nowMs);
        await this.#save(accounts, tails, around.nowMs);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ problem: error.message }, "freshness is not followed");
      }
      await clock.sleep(lookEveryMs, signal);
    }
  }

  async #save(accounts: FreshnessAccounts, { receipts }: Tails, nowMs: number): Promise<void> {
    if (nowMs - this.#savedAtMs < saveEveryMs) return;
    const { identity, next } = receipts;
    await accounts.save({ receipts: [...next], receiptsIdentity: identity, decidedToMs: nowMs });
    this.#savedAtMs = nowMs;
  }

  /** From where its readers have got to: everything before is done. */
  async #open({ countedTo }: FreshnessAccounts, active: GenerationId): Promise<Tails> {
    const { log } = this.#options;
    const receiptsId = (await log.identity(receiptsTopic)).id;
    const known = countedTo?.receiptsIdentity === receiptsId ? countedTo.receipts : [];
    // In this order: what is taken for pending here has no receipt before those that are read.
    const receipts = await TopicTail.open(log, receiptsTopic, {
      from: new Map(known),
      backRecords: receiptsBack,
    });
    const cut = await log.acknowledged(mutationsTopic, chunkerGroup(active));
    const restricted = await log.acknowledged(mutationsTopic, restrictorGroup(active));
    const least = [...cut].map(
      ([at, offset]) => [at, Math.min(offset, restricted.get(at) ?? 0)] as const,
    );
    const mutations = await TopicTail.open(log, mutationsTopic, {
      from: new Map(least),
      backRecords: 0,
    });
    const hints = await TopicTail.open(log, hintsTopic, {
      from: await log.acknowledged(hintsTopic, resolverGroup),
      backRecords: 0,
    });
    return { hints, mutations, receipts };
  }

  /** What was cut before and is not searchable yet. */
  async #recallChunks(pending: PendingChanges, active: GenerationId): Promise<void> {
    const { clock, log } = this.#options;
    const topic = chunksTopic(active);
    const acknowledged = await log.acknowledged(topic, upserterGroup(active));
    for (const { begin, end, partition } of await log.ranges(topic)) {
      const from = Math.max(begin, acknowledged.get(partition) ?? 0, end - chunksBackMax);
      if (from >= end) continue;
      const range = { from, to: end, recordsMax: chunksBackMax };
      for (const { value } of await log.read(topic, partition, range)) {
        if (value === null || value.startsWith('{"v":1,"kind":"marker"')) continue;
        const { mutation } = decodeChunkPart(value);
        // Below whatever the chunker has passed, in whichever partition.
        pending.mutated(mutation, { partition: 0, offset: -1 }, clock.nowMs());
      }
    }
  }

  async #read(
    pending: PendingChanges,
    tails: Tails,
    { active, decide, nowMs }: Around,
  ): Promise<void> {
    // A receipt must not be read before what it answers.
    const told = await tails.receipts.ranges();
    const leftBefore = pending.leftOut;
    await tails.hints.catchUp(({ offset, value }) => {
      if (isIdle(value)) return this.#noteUnfollowed(null);
      const hint = decodeHint(value);
      if ("problem" in hint || this.#streamed.has(hint.source)) return;
      pending.hinted(hint, offset, nowMs);
    });
    await tails.mutations.catchUp(({ offset, partition, value }) => {
      if (value.startsWith('{"v":1,"kind":"marker"')) return;
      const mutation = decodeMutation(value, offset);
      if (!("kind" in mutation)) return;
      if (isIdle(value)) this.#noteUnfollowed(mutation.source);
      pending.mutated(mutation, { partition, offset }, nowMs);
    });
    if (pending.leftOut > leftBefore) this.#noteUnfollowed(null);
    await tails.receipts.catchUp(({ value }) => {
      const receipt = decodeReceipt(value);
      if (receipt && receipt.generation === active) decide(pending.received(receipt));
    }, told);
    pending.chunkedTo(await this.#options.log.acknowledged(mutationsTopic, chunkerGroup(active)));
  }

  #noteUnfollowed(source: SourceName | null): void {
    this.#unfollowed.set(source, this.#options.clock.nowMs());
  }

  async #decideDue(pending: PendingChanges, { active, decide, nowMs }: Around): Promise<void> {
    const due = pending.due(nowMs, examinedMax);
    if (due.length === 0) return;
    const manifests = await this.#manifests(active, due);
    for (const [at, change] of due.entries()) {
      decide(pending.examined(change, manifests ? manifests[at] : null, nowMs));
    }
  }

  /** Null where the index does not answer: what cannot be looked up cannot be found either. */
  async #manifests(
    active: GenerationId,
    due: readonly PendingChange[],
  ): Promise<readonly (Manifest | undefined)[] | null> {
    const { clock, index } = this.#options;
    const ids = due.map(({ documentId }): DocumentId => documentId);
    const gaveUp = new AbortController();
    try {
      return await Promise.race([
        index.manifests(active, ids),
        clock.sleep(answerWithinMs, gaveUp.signal).then(() => null),
      ]);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      return null;
    } finally {
      gaveUp.abort();
    }
  }

  async #tell(pending: PendingChanges, accounts: FreshnessAccounts, nowMs: number): Promise<void> {
    const { ages, board, log, probeOf, sources, troubles, windowOf } = this.#options;
    const bySource = Map.groupBy(pending.list(), ({ source }) => source);
    const told = sources.map(({ name }): SourcePending =>
      describePending(name, bySource.get(name) ?? [], {
        nowMs,
        windowMs: windowOf(name).waitMs,
        troubles: troubles(name),
        objectives: accounts.of(name, nowMs),
        unfollowedAtMs: Math.max(this.#unfollowed.get(null) ?? 0, this.#unfollowed.get(name) ?? 0),
        embeddingAge: ages(name),
        probe: probeOf(name),
      }),
    );
    const view = { v: 1 as const, atMs: nowMs, sources: told };
    board.hear(view);
    if (nowMs - this.#toldAtMs < tellEveryMs || !board.isShared) return;
    this.#toldAtMs = nowMs;
    await log.append(freshnessTopic, [{ key: viewKey, value: JSON.stringify(view) }]);
  }
}

function isIdle(record: string): boolean {
  return idleReasons.some((reason) => record.includes(reason));
}
