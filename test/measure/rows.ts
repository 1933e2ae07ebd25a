/**
 * A table of 100,000 rows, read whole, again in part and after a crash, while it is written: what is
 * missing, twice or stale at the end, and how long it took. On a Postgres of its own, with log and
 * index in memory.
 *
 *     node test/measure/rows.ts [rows] [sessions]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "@tidemark/testing";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { findPostgres } from "../servers/postgres.ts";
import { DatabaseLine, World } from "../integration/support/database-line.ts";
import { differences, tables } from "../integration/support/row-differences.ts";
import { writtenTableSql } from "../integration/support/row-writers.ts";

const [rows = 100_000, sessions = 12] = process.argv.slice(2).map(Number);
const withinMs = 600_000;
const limits = { above: Number.MAX_SAFE_INTEGER, share: 1 };

const found = await findPostgres();
if (found.kind === "absent") throw new Error(found.reason);
await using server = await found.start();
await using database = await DatabaseUnderTest.create(
  server,
  `${writtenTableSql}
   insert into items select n, md5(n::text), md5(n::text) from generate_series(0, ${rows - 1}) n;`,
);
// In a process of their own, so that reading does not slow them down.
const writers = fork(join(import.meta.dirname, "../integration/support/row-writers-main.ts"), [
  JSON.stringify({ url: database.url, sessions, keys: Math.ceil(rows * 1.1) }),
]);
let changes = 0;
writers.on("message", (count: number) => {
  changes = count;
});
await eventually(() => changes >= 100, { withinMs });
const world = new World();
const say = (text: string) => process.stdout.write(`${text}\n`);

/** Runs a part and says how long it took, and what was written meanwhile. */
async function part<T>(what: string, work: () => Promise<T>): Promise<T> {
  const [beganAtMs, before] = [performance.now(), changes];
  const result = await work();
  const seconds = (performance.now() - beganAtMs) / 1_000;
  const perSecond = Math.round((changes - before) / seconds);
  say(`${what}: ${seconds.toFixed(1)} s, ${perSecond} changes/s meanwhile`);
  return result;
}

{
  await using first = await DatabaseLine.start({ database, tables, limits, world });
  await part("a snapshot that ends in its midst", async () => {
    while ((await first.documents()).size < rows / 4) await sleep(200);
  });
}
await using line = await DatabaseLine.start({ database, tables, limits, world });
await part("the snapshot after it", () => line.complete(withinMs));
await part("the table again, within the epoch", () => line.line.reconcile({ confirm: null }));
writers.send("stop");
await once(writers, "exit");
await part("what was left", () => line.complete(withinMs));

const wrong = await differences(line, database);
const count = (kind: string) => wrong.filter((each) => each.startsWith(kind)).length;
say(
  `${(await line.documents()).size} documents of ${rows} rows, ${changes} changes: ` +
    `${count("missing")} missing, ${count("too many")} too many, ${count("stale")} stale; ` +
    `load ${loadavg()[0]?.toFixed(1)}`,
);
process.exitCode = wrong.length === 0 ? 0 : 1;
