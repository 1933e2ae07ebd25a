/** A short run of `npm run chaos`: the long one is a program of its own. */
import { findFilesServers, startFilesParts } from "../chaos/files-parts.ts";
import type { Fault } from "../chaos/plan-faults.ts";
import { expectChaosHolds } from "../chaos/short-run.ts";
import { describeWith } from "../servers/available.ts";

/** One of each kind. */
const faults: readonly Fault[] = [
  { kind: "kill", process: "upserter", awayMs: 500 },
  { kind: "pause", process: "chunker-2", awayMs: 3_000 },
  { kind: "server", server: "kafka", how: "away", awayMs: 1_000 },
  { kind: "kill", process: "embedder", awayMs: 2_000 },
  { kind: "server", server: "qdrant", how: "away", awayMs: 1_000 },
  { kind: "server", server: "sqs", how: "away", awayMs: 2_000 },
];
/** Half of them strike while the one before is not over. */
const rounds = faults.map((fault, at) => ({ calmMs: 500, fault, heals: at % 2 === 1 }));

describeWith(
  "services on servers of which each is away for a while",
  await findFilesServers(),
  (servers) => {
    test("what was acknowledged is found, no answer was wrong, and the index is as one made afresh", async () => {
      await using parts = await startFilesParts(servers());

      await expectChaosHolds(parts, { rounds, seed: 11 });
    }, 400_000);
  },
);
