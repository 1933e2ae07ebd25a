/** Everything that writes, in a process of its own. Told to stop, it ends what it began, and ends. */
import { seededChance } from "@tidemark/testing";
import { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import { churnKinds, type ChurnKind } from "./churn-sql.ts";
import { holdTransactions, type HeldTransaction, type KeyRange } from "./held-transactions.ts";

export interface WriterArguments {
  readonly url: string;
  readonly range: KeyRange;
  readonly perSecond: number;
  readonly seed: number;
}

export interface WriterNews {
  /** Since it began. */
  readonly tally: Readonly<Record<ChurnKind, number>>;
  /** Since the last news. */
  readonly held: readonly HeldTransaction[];
}

const churners = 4;
const holders = 8;
const tellEveryMs = 100;
/** Who waits for somebody who holds a row for long would not keep the rate. */
const settingsSql = "set lock_timeout = '50ms'; set deadlock_timeout = '20ms'";

const { perSecond, range, seed, url } = JSON.parse(process.argv[2] ?? "") as WriterArguments;
const database = DatabaseUnderTest.at(url);
const session = async () => {
  const client = await database.session();
  await client.query(settingsSql);
  return client;
};
const control = await session();
await control.query("update churning set low = $1, high = $2, per_second = $3, is_on = true", [
  range.low,
  range.high,
  perSecond,
]);

const tallies = new Map<number, WriterNews["tally"]>();
let held: HeldTransaction[] = [];
const churning = Array.from({ length: churners }, async (_, at) => {
  const client = await session();
  client.on("notice", ({ message }) => {
    tallies.set(at, JSON.parse(message ?? "") as WriterNews["tally"]);
  });
  await client.query(`call churn(${((seed * churners + at) % 1_000) / 1_000}, ${1 / churners})`);
  await client.end();
});
const stop = new AbortController();
const holding = Array.from({ length: holders }, async (_, at) => {
  const client = await session();
  await holdTransactions(client, {
    chance: seededChance(seed * holders + at),
    range: () => range,
    ended: (transaction) => held.push(transaction),
    signal: stop.signal,
  });
  await client.end();
});

function tell(): void {
  const sum = (kind: ChurnKind) => [...tallies.values()].reduce((all, each) => all + each[kind], 0);
  const tally = Object.fromEntries(churnKinds.map((kind) => [kind, sum(kind)]));
  const news: WriterNews = { tally: tally as WriterNews["tally"], held };
  held = [];
  process.send?.(news);
}

const telling = setInterval(tell, tellEveryMs);
process.once("message", () => {
  stop.abort();
  void control
    .query("update churning set is_on = false")
    .then(() => Promise.all([...churning, ...holding]))
    .then(async () => {
      clearInterval(telling);
      tell();
      await control.end();
      process.disconnect();
    });
});
