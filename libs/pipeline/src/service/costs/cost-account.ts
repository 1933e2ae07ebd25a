/**
 * What was spent and what was saved, by source and generation, folded from bills and receipts. How
 * far it has read is a part of it, so that a bill counts once, whoever folds and however often it
 * ends in the middle.
 */
import { decodeReceipt, type GenerationId } from "@tidemark/domain";
import type { EventLog } from "../../ports/event-log.ts";
import { readRange } from "../../read-range.ts";
import { billsTopic, receiptsTopic } from "../../topics.ts";
import type { Measures } from "../measures.ts";
import type { Bill } from "./bill.ts";

export const savedReasons = ["unchanged", "reused", "payload"] as const;
export type SavedReason = (typeof savedReasons)[number];

export interface CostLine {
  readonly source: string;
  readonly generation: GenerationId | null;
  tokens: number;
  cost: number;
  unconfirmed: number;
  /** Tokens that need not be run, by an estimate. */
  readonly saved: Record<SavedReason, number>;
}

export interface SpentToday {
  readonly day: string;
  readonly spent: number;
  /** The budget that embedding waits for; a larger one leaves room again. */
  readonly reachedPerDay?: number;
}

export interface CostAccount {
  readonly v: 1;
  readonly sinceMs: number;
  readonly lines: readonly CostLine[];
  /** By embedder: the newest day of its bills, in UTC, and what they add up to. */
  readonly today: Readonly<Record<string, SpentToday>>;
  /** Where reading goes on: by topic and its identity, by partition. */
  readonly next: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const accountName = "costs/account";
/** Sources and generations are few; what is more is added up as others. */
const linesMax = 1_000;

export async function readAccount(measures: Measures): Promise<CostAccount | null> {
  await measures.refresh();
  return measures.get(accountName) as CostAccount | null;
}

export async function writeAccount(measures: Measures, account: CostAccount): Promise<void> {
  await measures.put([[accountName, account]]);
}

/** The account as it is once all that was written since is read; the same one where nothing was. */
export async function foldCosts(
  log: EventLog,
  before: CostAccount | null,
  nowMs: number,
): Promise<CostAccount> {
  const lines = new Map<string, CostLine>();
  for (const line of structuredClone(before?.lines ?? [])) lines.set(nameOf(line), line);
  const today = { ...before?.today };
  const next: Record<string, Record<string, number>> = {};
  let isChanged = false;
  for (const topic of [billsTopic, receiptsTopic]) {
    const { id } = await log.identity(topic);
    const name = `${topic}@${id}`;
    // A topic that was made anew is read from its beginning: nothing of it was counted.
    const places: Record<string, number> = { ...before?.next[name] };
    for (const { begin, end, partition } of await log.ranges(topic)) {
      const from = Math.max(begin, places[partition] ?? 0);
      for await (const records of readRange(log, topic, { begin: from, end, partition })) {
        for (const { value } of records) if (value !== null) take(topic, value);
        isChanged = true;
      }
      places[partition] = end;
    }
    next[name] = places;
  }
  if (before && !isChanged) return before;
  const sinceMs = before?.sinceMs ?? nowMs;
  return { v: 1, sinceMs, lines: [...lines.values()], today, next };

  function take(topic: string, value: string): void {
    if (topic === billsTopic) takeBill(JSON.parse(value) as Bill);
    else takeReceipt(value);
  }

  function takeBill(bill: Bill): void {
    const { cost, embedder, generation, source, tokens, unconfirmed } = bill;
    if (tokens > 0 || cost > 0) {
      const line = lineOf(source, generation);
      line.tokens += tokens;
      line.cost += cost;
      line.unconfirmed += unconfirmed;
    }
    const day = new Date(bill.atMs).toISOString().slice(0, 10);
    const before = today[embedder];
    if (before && day < before.day) return;
    const known = before?.day === day ? before : { day, spent: 0 };
    const reachedPerDay = bill.reachedPerDay ?? known.reachedPerDay;
    today[embedder] = {
      day,
      spent: known.spent + cost,
      ...(reachedPerDay === undefined ? {} : { reachedPerDay }),
    };
  }

  function takeReceipt(value: string): void {
    const receipt = decodeReceipt(value);
    if (!receipt?.saved) return;
    const line = lineOf(receipt.source, receipt.generation as GenerationId | null);
    for (const reason of savedReasons) line.saved[reason] += receipt.saved[reason];
  }

  function lineOf(source: string, generation: GenerationId | null): CostLine {
    const wanted =
      lines.size < linesMax ? { source, generation } : { source: "", generation: null };
    const name = nameOf(wanted);
    const known = lines.get(name) ?? {
      ...wanted,
      tokens: 0,
      cost: 0,
      unconfirmed: 0,
      saved: { unchanged: 0, reused: 0, payload: 0 },
    };
    lines.set(name, known);
    return known;
  }
}

function nameOf({ generation, source }: Pick<CostLine, "source" | "generation">): string {
  return `${source}\n${generation}`;
}
