/** A short run of `npm run chaos -- --source rows`: the long one is a program of its own. */
import type { Fault } from "../chaos/plan-faults.ts";
import { findRowsServers, startRowsParts } from "../chaos/rows-parts.ts";
import { expectChaosHolds } from "../chaos/short-run.ts";
import { describeWith } from "../servers/available.ts";

/** Whoever reads is killed, its database crashes meanwhile, and whoever took over stands still. */
const faults: readonly Fault[] = [
  { kind: "kill", process: "connector", awayMs: 500 },
  { kind: "server", server: "postgres", how: "crashed", awayMs: 500 },
  { kind: "pause", process: "connector-2", awayMs: 2_000 },
];
const rounds = faults.map((fault, at) => ({ calmMs: 500, fault, heals: at > 0 }));

describeWith(
  "two connectors on a database, of which each is away for a while",
  await findRowsServers(),
  (servers) => {
    test("what was committed is found, no answer was wrong, and the index is as the tables are", async () => {
      await using parts = await startRowsParts(servers());

      await expectChaosHolds(parts, { rounds, seed: 12 });
    }, 400_000);
  },
);
