/** A short run of chaos as a test: the long one is a program of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChaos } from "./chaos-run.ts";
import type { ChaosParts } from "./chaos-world.ts";
import type { Round } from "./plan-faults.ts";
import { faultsOf } from "./report.ts";

const documentsLeast = 200;
/** Few machines that run tests have more than two cores. */
const perSecond = 25;

/** Runs so many rounds, and expects that nothing was lost, wrong or left unchecked. */
export async function expectChaosHolds(
  parts: ChaosParts,
  options: { readonly rounds: readonly Round[]; readonly seed: number },
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-chaos-"));
  const told: string[] = [];

  const result = await runChaos(parts, {
    ...options,
    perSecond,
    directory,
    tell: (line) => told.push(line),
  });

  expect({ faults: faultsOf(result), told }).toEqual({ faults: [], told });
  expect(result.acknowledged).toBeGreaterThan(0);
  expect(result.check?.documents).toBeGreaterThan(documentsLeast);
  rmSync(directory, { recursive: true, force: true });
}
