/** The account of costs, as people are told of it. */
import type { GenerationId } from "@tidemark/domain";
import { savedReasons, type CostAccount, type SavedReason } from "./cost-account.ts";

export interface Price {
  readonly perMillionTokens: number;
  readonly currency: string;
}

export interface EmbedderMoney {
  readonly price: Price | null;
  /** Null where there is no bound. */
  readonly budgetPerDay: number | null;
}

export interface CostReport {
  readonly sinceMs: number;
  readonly lines: readonly {
    readonly source: string;
    readonly generation: GenerationId | null;
    readonly tokens: number;
    readonly cost: number;
    /** Of the cost: requests whose answer never came, counted as if they were billed. */
    readonly unconfirmed: number;
    readonly currency: string | null;
    readonly saved: readonly {
      readonly reason: SavedReason;
      /** By an estimate. */
      readonly tokens: number;
      /** At today's price. */
      readonly cost: number;
    }[];
  }[];
  readonly budgets: readonly {
    readonly embedder: string;
    readonly currency: string;
    readonly perDay: number;
    readonly spentToday: number;
    /** From 0: at 1 embedding waits for the next day, by UTC. */
    readonly ratio: number;
  }[];
}

export function costReport(
  account: CostAccount,
  around: {
    readonly nowMs: number;
    /** Of the embedder that a generation is made with. */
    readonly moneyOf: (generation: GenerationId | null) => EmbedderMoney;
    readonly embedders: ReadonlyMap<string, EmbedderMoney>;
  },
): CostReport {
  const day = new Date(around.nowMs).toISOString().slice(0, 10);
  return {
    sinceMs: account.sinceMs,
    lines: account.lines.map(({ saved, ...line }) => {
      const { price } = around.moneyOf(line.generation);
      return {
        ...line,
        tokens: Math.round(line.tokens),
        currency: price?.currency ?? null,
        saved: savedReasons.map((reason) => ({
          reason,
          tokens: saved[reason],
          cost: (saved[reason] / 1_000_000) * (price?.perMillionTokens ?? 0),
        })),
      };
    }),
    budgets: [...around.embedders].flatMap(([embedder, { budgetPerDay, price }]) => {
      if (budgetPerDay === null) return [];
      const newest = account.today[embedder];
      const known = newest?.day === day ? newest : null;
      const spentToday = known?.spent ?? 0;
      // What waits may be larger than what is left, and documents leave a part to questions.
      const isReached = (known?.reachedPerDay ?? 0) >= budgetPerDay;
      const share = budgetPerDay > 0 ? spentToday / budgetPerDay : 1;
      const ratio = isReached ? Math.max(1, share) : share;
      const currency = price?.currency ?? "USD";
      return [{ embedder, currency, perDay: budgetPerDay, spentToday, ratio }];
    }),
  };
}
