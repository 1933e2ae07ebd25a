import { encodeReceipt, type GenerationId } from "@tidemark/domain";
import {
  aMutation,
  LogStore,
  MemoryEmbedder,
  MemoryEventLog,
  VirtualClock,
} from "@tidemark/testing";
import { receiptFor } from "../../receipts.ts";
import { billsTopic, receiptsTopic } from "../../topics.ts";
import { Measures } from "../measures.ts";
import { BillBook } from "./bill-book.ts";
import { meteredEmbedder, type Bill } from "./bill.ts";
import { foldCosts, readAccount, writeAccount } from "./cost-account.ts";
import { costReport } from "./cost-report.ts";

const generation = "g1" as GenerationId;
const day = Date.parse("2026-03-01T12:00:00Z");
const nextDay = Date.parse("2026-03-02T01:00:00Z");

function aBill(parts: Partial<Bill> = {}): Bill {
  return {
    embedder: "openai",
    source: "files",
    generation,
    tokens: 100,
    cost: 1,
    unconfirmed: 0,
    atMs: day,
    ...parts,
  };
}

function aWorld() {
  const clock = new VirtualClock(day);
  const store = new LogStore(1);
  const log = new MemoryEventLog({ store, clock });
  const bill = (...bills: readonly Bill[]) =>
    log.append(
      billsTopic,
      bills.map((each) => ({ key: each.source, value: JSON.stringify(each) })),
    );
  return { clock, store, log, bill };
}

test("figures survive a restart, and count a bill once however often they are folded", async () => {
  const { bill, log } = aWorld();
  await bill(aBill(), aBill({ source: "app", cost: 4 }));
  const measures = new Measures(log);
  await writeAccount(measures, await foldCosts(log, null, day));
  await bill(aBill({ cost: 2, unconfirmed: 2 }));

  const kept = await readAccount(new Measures(log));
  const once = await foldCosts(log, kept, day);
  const again = await foldCosts(log, once, day);

  expect(again).toBe(once);
  expect(once.lines.map(({ cost, source, unconfirmed }) => [source, cost, unconfirmed])).toEqual([
    ["files", 3, 2],
    ["app", 4, 0],
  ]);
});

test("what retention takes from the log is still counted", async () => {
  const { bill, log, store } = aWorld();
  await bill(aBill());
  const account = await foldCosts(log, null, day);

  store.recreate(billsTopic, 1);
  await bill(aBill({ cost: 5 }));

  const { lines } = await foldCosts(log, account, day);
  expect(lines[0]?.cost).toBe(6);
});

test("a day's spending ends with the day, by UTC", async () => {
  const { bill, log } = aWorld();
  await bill(aBill({ cost: 3 }), aBill({ cost: 1, atMs: day + 1 }));
  const account = await foldCosts(log, null, day);
  const money = { price: { perMillionTokens: 20, currency: "EUR" }, budgetPerDay: 5 };
  const at = (nowMs: number) =>
    costReport(account, {
      nowMs,
      moneyOf: () => money,
      embedders: new Map([["openai", money]]),
    }).budgets[0];

  expect(at(day)).toMatchObject({ spentToday: 4, ratio: 0.8, currency: "EUR" });
  expect(at(nextDay)).toMatchObject({ spentToday: 0, ratio: 0 });
});

test("a budget is reached once embedding waits, whatever is left of it, until there is a larger one", async () => {
  const { bill, log } = aWorld();
  await bill(aBill({ cost: 3 }));
  const before = await foldCosts(log, null, day);
  await bill(aBill({ tokens: 0, cost: 0, reachedPerDay: 5 }), aBill({ cost: 0.5 }));
  const account = await foldCosts(log, before, day);
  const price = { perMillionTokens: 20, currency: "EUR" };
  const ratioAt = (nowMs: number, budgetPerDay: number, of = account) => {
    const money = { price, budgetPerDay };
    const embedders = new Map([["openai", money]]);
    return costReport(of, { nowMs, moneyOf: () => money, embedders }).budgets[0]?.ratio;
  };

  expect(ratioAt(day, 5, before)).toBe(0.6);
  expect(ratioAt(day, 5)).toBe(1);
  expect(ratioAt(day, 7)).toBe(0.5);
  expect(ratioAt(nextDay, 5)).toBe(0);
  expect(ratioAt(nextDay, 0)).toBe(1);
});

test("that embedding waits is written down with what was spent in the same moment, and is no line", async () => {
  const { clock, log } = aWorld();
  await using book = new BillBook(log, clock);
  const nothing = { source: "(others)", generation: null, tokens: 0, cost: 0 };
  book.note(aBill({ ...nothing, reachedPerDay: 5 }));
  book.note(aBill(nothing));
  await book.flush();

  const { lines, today } = await foldCosts(log, null, day);

  expect(lines).toEqual([]);
  expect(today).toEqual({ openai: { day: "2026-03-01", spent: 0, reachedPerDay: 5 } });
});

test("what was saved is told by its reason, at the price of the generation's embedder", async () => {
  const { log } = aWorld();
  const receipt = receiptFor(aMutation(), {
    generation,
    stage: "upserter",
    outcome: "indexed",
    atMs: day,
    saved: { unchanged: 500_000, reused: 250_000, payload: 0 },
  });
  await log.append(receiptsTopic, [{ key: "a", value: encodeReceipt(receipt) }]);

  const report = costReport(await foldCosts(log, null, day), {
    nowMs: day,
    moneyOf: () => ({ price: { perMillionTokens: 2, currency: "USD" }, budgetPerDay: null }),
    embedders: new Map(),
  });

  expect(report.lines[0]?.saved).toEqual([
    { reason: "unchanged", tokens: 500_000, cost: 1 },
    { reason: "reused", tokens: 250_000, cost: 0.5 },
    { reason: "payload", tokens: 0, cost: 0 },
  ]);
});

test("each payer has its share of a request", async () => {
  const used: Record<string, number> = {};
  const embedder = meteredEmbedder(new MemoryEmbedder({ costPerToken: 1 }), ({ cost, source }) => {
    used[source] = (used[source] ?? 0) + cost;
  });

  await embedder.embed({
    texts: ["one two three", "four"],
    payers: [
      { source: "files", generation },
      { source: "app", generation },
    ],
    purpose: "document",
    lane: "live",
  });

  expect(used).toEqual({ files: 3, app: 1 });
});

test("bills that the log does not take wait, and none is dropped", async () => {
  const { clock, log } = aWorld();
  let isAway = true;
  const away = new Proxy(log, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === "append" && isAway) return () => Promise.reject(new Error("away"));
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const book = new BillBook(away, clock);

  book.note(aBill());
  book.note(aBill({ cost: 2 }));
  await expect(book.flush()).rejects.toThrow("away");
  isAway = false;
  await book.flush();

  const { lines } = await foldCosts(log, null, day);
  expect(lines.map(({ cost, tokens }) => [cost, tokens])).toEqual([[3, 200]]);
});
