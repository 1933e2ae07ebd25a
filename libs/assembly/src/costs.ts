/** What embedding costs in this installation: metered where it is paid, kept where generations are. */
import type { GenerationId } from "@tidemark/domain";
import {
  BillBook,
  costReport,
  foldCosts,
  Measures,
  readAccount,
  TransientError,
  writeAccount,
  type Bill,
  type Clock,
  type CostReport,
  type DoctorFinding,
  type EmbedderMoney,
  type EventLog,
} from "@tidemark/pipeline";
import type { Config, Metrics } from "@tidemark/runtime";
import type { Parts } from "./open-parts.ts";
import { systemClock } from "./world.ts";

const keepEveryMs = 2_000;

/** Takes what embedders of this process were paid: counted at once, and written to the log. */
export function openMeter(
  log: EventLog,
  metrics: Metrics,
  resources: AsyncDisposableStack,
): (bill: Omit<Bill, "atMs">) => void {
  const book = resources.use(new BillBook(log, systemClock));
  return (bill) => {
    const generation = bill.generation ?? "";
    metrics.embedCost.inc({ source: bill.source, generation }, bill.cost);
    book.note({ ...bill, atMs: systemClock.nowMs() });
  };
}

export function moneyOf(config: Config, name: string): EmbedderMoney {
  const embedder = config.embedders[name];
  if (embedder?.kind !== "openai") return { price: null, budgetPerDay: null };
  return { price: embedder.price ?? null, budgetPerDay: embedder.budget?.perDay ?? null };
}

type CostParts = Pick<Parts, "catalogue" | "stores"> & {
  readonly options: Pick<Parts["options"], "config" | "metrics" | "logger">;
};

export function moneyOfGeneration(
  { catalogue, options }: CostParts,
  id: GenerationId | null,
): EmbedderMoney {
  const generation = id && catalogue.generation(id);
  const { config } = options;
  return moneyOf(config, generation ? generation.recipe.embedder.name : config.vectors.embedder);
}

/** All that was written until now; nothing is kept of it. */
export async function askCosts(parts: CostParts): Promise<CostReport> {
  const { options, stores } = parts;
  const nowMs = systemClock.nowMs();
  const known = await readAccount(new Measures(stores.log));
  const account = await foldCosts(stores.log, known, nowMs);
  const { embedders } = options.config;
  return costReport(account, {
    nowMs,
    moneyOf: (id) => moneyOfGeneration(parts, id),
    embedders: new Map(Object.keys(embedders).map((name) => [name, moneyOf(options.config, name)])),
  });
}

/** Keeps the account, so that what the log has let go of is still counted. Until aborted. */
export async function keepCosts(
  parts: CostParts,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  const { options, stores } = parts;
  const measures = new Measures(stores.log);
  while (!signal.aborted) {
    try {
      const known = await readAccount(measures);
      const account = await foldCosts(stores.log, known, clock.nowMs());
      if (account !== known) await writeAccount(measures, account);
      const { budgets } = await askCosts(parts);
      options.metrics.budget.set(Math.max(0, ...budgets.map(({ ratio }) => ratio)));
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      options.logger.warn({ problem: error.message }, "costs wait");
    }
    await clock.sleep(keepEveryMs, signal);
  }
}

/** A budget that is nearly spent is told before embedding waits. */
const nearlySpent = 0.8;

export function budgetFindings({ budgets }: CostReport): readonly DoctorFinding[] {
  return budgets.map(({ currency, embedder, perDay, ratio, spentToday }) => {
    const check = `budget of ${embedder}`;
    const detail = `${spentToday.toFixed(4)} of ${perDay} ${currency} are spent today`;
    if (ratio < nearlySpent) return { check, verdict: "ok", detail, fix: null };
    const fix = `nothing is dropped: embedding waits for the next day (UTC); raise embedders.${embedder}.budget.perDay`;
    return { check, verdict: "warn", detail, fix };
  });
}
