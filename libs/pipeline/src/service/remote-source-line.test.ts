import { aSource, MemoryEventLog, VirtualClock } from "@tidemark/testing";
import type { ReconcileReport } from "../operations.ts";
import type { Call, Keeper } from "./calls.ts";
import type { SourceReport } from "./process-reports.ts";
import { RemoteSourceLine } from "./remote-source-line.ts";

const found: ReconcileReport = {
  source: aSource,
  listed: 3,
  missing: 0,
  stale: 0,
  orphaned: 12,
  held: 12,
  heldReason: "too-many",
  applied: 0,
  tookMs: 5,
};

function reported(scanEndedAtMs: number, held: number): SourceReport {
  return {
    source: aSource,
    held,
    heldReason: held > 0 ? "too-many" : null,
    trouble: null,
    scannedAtMs: scanEndedAtMs,
    scanEndedAtMs,
    blocked: 0,
    blockedExamples: [],
  };
}

/** A line whose scan ended at 1,000, and whose process says so at `toldAtMs`. */
function lineTold(toldAtMs: number) {
  const asked: (Keeper | undefined)[] = [];
  let nowMs = 0;
  const clock = {
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  const line = new RemoteSourceLine(aSource, {
    log: new MemoryEventLog({ clock: new VirtualClock() }),
    clock,
    catalogue: { source: () => null },
    reports: {
      source: () => (nowMs >= toldAtMs ? reported(1_000, 12) : reported(500, 0)),
      keeperOf: () => "ingestor-1",
    },
    calls: {
      ask: <I, R>({ name }: Call<I, R>, _: I, keeper?: Keeper) => {
        expect(name).toBe("reconcile");
        asked.push(keeper);
        return Promise.resolve({ report: found, endedAtMs: 1_000 } as unknown as R);
      },
    },
  });
  return { asked, line, tookMs: () => nowMs };
}

test("what a scan held is known here by the time its report is answered", async () => {
  const { line } = lineTold(800);

  const report = await line.reconcile({ confirm: null });

  expect(report).toEqual(found);
  expect(line.held).toEqual({ count: 12, reason: "too-many" });
});

test("a process that says nothing more keeps nobody waiting for long", async () => {
  const { line, tookMs } = lineTold(60_000);

  const report = await line.reconcile({ confirm: null });

  expect(report).toEqual(found);
  expect(tookMs()).toBeLessThanOrEqual(6_000);
});

test("who waits for a scan waits no longer than for the process that keeps the source", async () => {
  const { asked, line } = lineTold(0);

  await line.reconcile({ confirm: null });

  expect(asked.map((keeper) => keeper?.())).toEqual(["ingestor-1"]);
});
