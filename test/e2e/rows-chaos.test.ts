/** A short run of `npm run chaos -- --source rows`: the long one is a program of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChaos } from "../chaos/chaos-run.ts";
import type { Fault } from "../chaos/plan-faults.ts";
import { faultsOf } from "../chaos/report.ts";
import { findRowsServers, startRowsParts } from "../chaos/rows-parts.ts";
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
      const directory = mkdtempSync(join(tmpdir(), "tidemark-chaos-"));
      const told: string[] = [];
      await using parts = await startRowsParts(servers());

      const result = await runChaos(parts, {
        rounds,
        seed: 12,
        directory,
        tell: (line) => told.push(line),
      });

      expect({ faults: faultsOf(result), told }).toEqual({ faults: [], told });
      expect(result.acknowledged).toBeGreaterThan(0);
      expect(result.check?.documents).toBeGreaterThan(200);
      rmSync(directory, { recursive: true, force: true });
    }, 400_000);
  },
);
