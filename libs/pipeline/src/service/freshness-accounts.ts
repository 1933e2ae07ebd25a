/**
 * The error budgets: of each source, kind of change, and tenant that has an objective of its own.
 * They are kept on a compacted topic, with the place in the receipts up to which they count, so that
 * a restart neither forgets nor counts twice.
 */
import {
  ErrorBudget,
  type BudgetView,
  type ChangeKind,
  type Decision,
  type Objective,
  type SourceName,
  type StoredBudget,
} from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import { readRange } from "../read-range.ts";
import { freshnessTopic } from "../topics.ts";

export interface BudgetObjective extends Objective {
  /** The time over which shares are counted. */
  readonly overMs: number;
}

export interface ObjectivePair {
  readonly change: BudgetObjective;
  readonly restriction: BudgetObjective;
}

/** What is promised, as the config says. */
export interface Objectives {
  /** Of a tenant that has none of its own: those of its source. */
  of(source: SourceName, tenant: string | null): ObjectivePair;
  /** Those with objectives of their own in this source. */
  tenants(source: SourceName): readonly string[];
}

export interface ObjectiveView extends BudgetView {
  readonly kind: ChangeKind;
  /** Null for all of the source whose tenants have no objective of their own. */
  readonly tenant: string | null;
}

/** Up to where the budgets count. */
export interface CountedTo {
  /** Of the receipts, by partition. */
  readonly receipts: readonly (readonly [partition: number, offset: number])[];
  readonly receiptsIdentity: string;
  /** Every change whose target had passed by then was decided. */
  readonly decidedToMs: number;
}

const kinds = ["change", "restriction"] as const;
const progressKey = "progress";

interface Account {
  readonly source: SourceName;
  readonly tenant: string | null;
  readonly kind: ChangeKind;
  readonly budget: ErrorBudget;
}

export class FreshnessAccounts {
  readonly #log: EventLog;
  readonly #objectives: Objectives;
  readonly #accounts = new Map<string, Account>();
  readonly #changed = new Set<string>();
  #countedTo: CountedTo | null = null;

  private constructor(log: EventLog, objectives: Objectives) {
    this.#log = log;
    this.#objectives = objectives;
  }

  static async load(log: EventLog, objectives: Objectives): Promise<FreshnessAccounts> {
    const accounts = new FreshnessAccounts(log, objectives);
    for (const range of await log.ranges(freshnessTopic)) {
      for await (const records of readRange(log, freshnessTopic, range)) {
        for (const { key, value } of records) if (value !== null) accounts.#take(key, value);
      }
    }
    return accounts;
  }

  /** Null when nothing was ever counted. */
  get countedTo(): CountedTo | null {
    return this.#countedTo;
  }

  note({ atMs, kind, outcome, source, tenant }: Decision): void {
    const isApart = tenant !== null && this.#objectives.tenants(source).includes(tenant);
    const key = keyOf({ source, kind, tenant: isApart ? tenant : null });
    this.#account(source, isApart ? tenant : null, kind).budget.note(outcome, atMs);
    this.#changed.add(key);
  }

  /** The source's own first. */
  of(source: SourceName, nowMs: number): readonly ObjectiveView[] {
    return [null, ...this.#objectives.tenants(source)].flatMap((tenant) =>
      kinds.map((kind) => {
        const objective = this.#objectives.of(source, tenant)[kind];
        return {
          kind,
          tenant,
          ...this.#account(source, tenant, kind).budget.view(objective, nowMs),
        };
      }),
    );
  }

  /** In one append, so that what is counted and up to where are never apart. */
  async save(countedTo: CountedTo): Promise<void> {
    const changed = [...this.#changed];
    const records = changed.flatMap((key) => {
      const account = this.#accounts.get(key);
      if (!account) return [];
      const { budget, kind, source, tenant } = account;
      const { overMs } = this.#objectives.of(source, tenant)[kind];
      budget.forget(overMs, countedTo.decidedToMs);
      return [{ key, value: JSON.stringify({ v: 1, source, tenant, kind, ...budget.stored() }) }];
    });
    const progress = { key: progressKey, value: JSON.stringify({ v: 1, ...countedTo }) };
    await this.#log.append(freshnessTopic, [...records, progress]);
    for (const key of changed) this.#changed.delete(key);
    this.#countedTo = countedTo;
  }

  #take(key: string, value: string): void {
    const record = JSON.parse(value) as { readonly v: number };
    if (record.v !== 1) return;
    if (key === progressKey) this.#countedTo = record as unknown as CountedTo;
    else if (key.startsWith("account ")) {
      const { kind, source, tenant, ...stored } = record as unknown as Account & StoredBudget;
      this.#accounts.set(key, { source, tenant, kind, budget: new ErrorBudget(stored) });
    }
  }

  #account(source: SourceName, tenant: string | null, kind: ChangeKind): Account {
    const key = keyOf({ source, tenant, kind });
    const found = this.#accounts.get(key);
    if (found) return found;
    const made = { source, tenant, kind, budget: new ErrorBudget() };
    this.#accounts.set(key, made);
    return made;
  }
}

function keyOf(of: Pick<Account, "kind" | "source" | "tenant">): string {
  return `account ${of.source} ${of.kind} ${of.tenant ?? ""}`;
}
