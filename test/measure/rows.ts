/**
 * A table of 100,000 rows, read whole, again in part and again whole, each time with a crash in its
 * midst, under 600 changes a second in what is being read: what is missing, twice or stale at the
 * end, how often each kind of change has happened, and how long it took. On a Postgres of its own,
 * with log and index on disk and no embedding.
 *
 *     node test/measure/rows.ts [rows] [changes a second]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { findPostgres } from "../servers/postgres.ts";
import { isProven, runRows } from "./rows/run-rows.ts";

const [rows = 100_000, perSecond = 600] = process.argv.slice(2).map(Number);
const wantedPerSecond = perSecond * (5 / 6);
const say = (line: string) => void process.stdout.write(`${line}\n`);

const found = await findPostgres();
if (found.kind === "absent") throw new Error(found.reason);
await using server = await found.start();
const directory = await mkdtemp(join(tmpdir(), "tidemark-rows-"));
try {
  const parts = await runRows({ server, directory, rows, perSecond, wholeAgain: true, say });
  const isFast = parts.every(({ changesPerSecond }) => changesPerSecond >= wantedPerSecond);
  const isWhole = parts.every(isProven);
  say(
    `${isWhole ? "nothing" : "SOMETHING"} is wrong or has not happened; at least ${wantedPerSecond} changes/s in each: ${isFast ? "yes" : "NO"}; load ${loadavg()[0]?.toFixed(1)}`,
  );
  process.exitCode = isWhole && isFast ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
