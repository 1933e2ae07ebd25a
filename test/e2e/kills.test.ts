/** A short run of `npm run kills`: the long one is a program of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runRounds } from "../kills/kill-rounds.ts";
import { faultsOf } from "../kills/report.ts";

const rounds = 6;

test("what was acknowledged is found after kill -9, and the index is as one made afresh", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-kills-"));
  const told: string[] = [];

  const result = await runRounds({
    rounds,
    seed: 11,
    directory,
    checkEvery: rounds,
    tell: (line) => told.push(line),
  });

  expect({ faults: faultsOf(result, 0), told }).toEqual({ faults: [], told });
  expect(result.acknowledged).toBeGreaterThan(0);
  expect(result.checks).toHaveLength(1);
  rmSync(directory, { recursive: true, force: true });
}, 180_000);
