import { OverloadedError, PoisonError, embedLanes } from "@tidemark/pipeline";
import type { EmbedLane } from "@tidemark/pipeline";

/** A text that waits. */
export interface Queued {
  readonly lane: EmbedLane;
  readonly tokens: number;
}

/** How much may wait in one lane. Each lane has its own room: a backfill keeps no query out. */
export interface LaneBounds {
  readonly textsMax: number;
  readonly tokensMax: number;
}

/** Shares of the tokens when every lane is always full. */
const weights: Readonly<Record<EmbedLane, number>> = {
  query: 64,
  live: 16,
  liveOther: 4,
  backfill: 1,
};

/** A lane that was passed over this often is served next. */
const passedOverMax: Readonly<Record<EmbedLane, number>> = {
  query: Infinity,
  live: 8,
  liveOther: 24,
  backfill: 48,
};

interface Lane<Item> {
  /** In order of arrival. */
  readonly items: Set<Item>;
  readonly byTokens: Map<number, Set<Item>>;
  tokens: number;
  /** Where the lane stands in shared time; the one furthest behind is served. */
  pass: number;
  passedOver: number;
}

/**
 * Decides which texts run next. All texts of one run are of one lane and of equal length.
 *
 *   state                                            served next
 *   a query waits, and the last run was not of one   the query
 *   a lane was passed over too often                 that lane
 *   otherwise                                        the lane furthest behind its share
 *
 * So a query waits for runs in flight and for older queries, never for a queue of documents, while
 * a stream of queries leaves every other lane its share. There is no clock: waiting is counted in
 * runs.
 */
export class LaneQueue<Item extends Queued> {
  readonly #bounds: LaneBounds;
  readonly #lanes = new Map<EmbedLane, Lane<Item>>();
  #last: EmbedLane | undefined;
  /** The pass of the lane that was served last: where a lane begins that had nothing to do. */
  #now = 0;

  constructor(bounds: LaneBounds) {
    this.#bounds = bounds;
    for (const lane of embedLanes) {
      const empty = { items: new Set<Item>(), byTokens: new Map<number, Set<Item>>() };
      this.#lanes.set(lane, { ...empty, tokens: 0, pass: 0, passedOver: 0 });
    }
  }

  /** Texts that wait, in one lane or in all. */
  texts(lane?: EmbedLane): number {
    return this.#sum(lane, ({ items }) => items.size);
  }

  tokens(lane?: EmbedLane): number {
    return this.#sum(lane, ({ tokens }) => tokens);
  }

  /**
   * Lets all of them wait, or none: throws `OverloadedError` when their lane has no room, and
   * `PoisonError` when it never will have: halved, they may fit.
   */
  push(lane: EmbedLane, items: readonly Item[]): void {
    const state = this.#lane(lane);
    const tokens = items.reduce((sum, item) => sum + item.tokens, 0);
    const { textsMax, tokensMax } = this.#bounds;
    if (items.length > textsMax || tokens > tokensMax) {
      const most = `a request may have ${textsMax} texts and ${tokensMax} tokens`;
      throw new PoisonError("size-limit", most);
    }
    if (state.items.size + items.length > textsMax || state.tokens + tokens > tokensMax) {
      throw new OverloadedError(`the embedder's queue is full: ${lane}`);
    }
    if (state.items.size === 0) {
      state.pass = Math.max(state.pass, this.#now);
      state.passedOver = 0;
    }
    for (const item of items) {
      state.items.add(item);
      const equals = state.byTokens.get(item.tokens);
      if (equals === undefined) state.byTokens.set(item.tokens, new Set([item]));
      else equals.add(item);
    }
    state.tokens += tokens;
  }

  /** Takes one text back. Returns whether it still waited. */
  remove(item: Item): boolean {
    const state = this.#lane(item.lane);
    if (!state.items.delete(item)) return false;
    state.tokens -= item.tokens;
    const equals = state.byTokens.get(item.tokens);
    equals?.delete(item);
    if (equals?.size === 0) state.byTokens.delete(item.tokens);
    return true;
  }

  /**
   * Takes the texts of the next run: at least one, then more of the same length while their tokens
   * stay within `tokensMax`. Empty when nothing waits, in `only` if that is given.
   */
  take(tokensMax: number, only?: EmbedLane): readonly Item[] {
    const lane = only ?? this.#next();
    if (lane === undefined || this.#lane(lane).items.size === 0) return [];
    const state = this.#lane(lane);
    const [oldest] = state.items;
    if (oldest === undefined) return [];
    const taken: Item[] = [oldest];
    for (const item of state.byTokens.get(oldest.tokens) ?? []) {
      if ((taken.length + 1) * oldest.tokens > tokensMax) break;
      if (item !== oldest) taken.push(item);
    }
    for (const item of taken) this.remove(item);
    this.#charge(lane, taken.length * oldest.tokens);
    return taken;
  }

  #next(): EmbedLane | undefined {
    const waiting = embedLanes.filter((lane) => this.#lane(lane).items.size > 0);
    if (waiting[0] === "query" && this.#last !== "query") return "query";
    const isAged = (lane: EmbedLane): boolean => this.#lane(lane).passedOver >= passedOverMax[lane];
    const aged = waiting.findLast(isAged);
    if (aged !== undefined) return aged;
    // Of equals the most urgent, which comes first.
    let furthest = waiting[0];
    for (const lane of waiting) {
      if (furthest === undefined || this.#lane(lane).pass < this.#lane(furthest).pass) {
        furthest = lane;
      }
    }
    return furthest;
  }

  #charge(served: EmbedLane, tokens: number): void {
    const state = this.#lane(served);
    this.#now = Math.max(this.#now, state.pass);
    state.pass += tokens / weights[served];
    this.#last = served;
    for (const [lane, other] of this.#lanes) {
      other.passedOver = lane === served || other.items.size === 0 ? 0 : other.passedOver + 1;
    }
  }

  #sum(lane: EmbedLane | undefined, of: (state: Lane<Item>) => number): number {
    if (lane !== undefined) return of(this.#lane(lane));
    return embedLanes.reduce((sum, each) => sum + of(this.#lane(each)), 0);
  }

  #lane(lane: EmbedLane): Lane<Item> {
    const state = this.#lanes.get(lane);
    if (state === undefined) throw new RangeError(`no lane ${lane}`);
    return state;
  }
}
