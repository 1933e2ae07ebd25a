import { aSource, MemoryEventLog, VirtualClock } from "@tidemark/testing";
import type { ReconcileReport } from "../operations.ts";
import type { Call } from "./calls.ts";
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

const never = new Promise<never>(() => {});

/** A line whose scan ended at 1,000, and whose process says so at `toldAtMs`. */
function lineTold(
  toldAtMs: number,
  {
    answer = Promise.resolve({ report: found, endedAtMs: 1_000 }),
    keeperOf = () => "ingestor-1",
  }: {
    readonly answer?: Promise<unknown>;
    readonly keeperOf?: (nowMs: number) => string | null;
  } = {},
) {
  let nowMs = 0;
  const clock = {
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
      await new Promise((resolve) => void setImmediate(resolve));
    },
  };
  const line = new RemoteSourceLine(aSource, {
    log: new MemoryEventLog({ clock: new VirtualClock() }),
    clock,
    catalogue: { source: () => null },
    reports: {
      source: () => (nowMs >= toldAtMs ? reported(1_000, 12) : reported(500, 0)),
      keeperOf: () => keeperOf(nowMs),
    },
    calls: {
      ask: <I, R>({ name }: Call<I, R>) => {
        expect(name).toBe("reconcile");
        return answer as Promise<R>;
      },
    },
  });
  return { line, tookMs: () => nowMs };
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

test.each([
  ["is heard of no more", (nowMs: number) => (nowMs > 3_000 ? null : "ingestor-1")],
  ["was started anew", (nowMs: number) => (nowMs > 3_000 ? "ingestor-2" : "ingestor-1")],
])("who waits for a scan of a process that %s is told so", async (_, keeperOf) => {
  const { line, tookMs } = lineTold(0, { answer: never, keeperOf });

  await expect(line.reconcile({ confirm: null })).rejects.toThrow(
    /the ingestor that keeps files went away .* ask again/,
  );
  expect(tookMs()).toBeLessThanOrEqual(30_000);
});

test("a scan may take as long as its process is there", async () => {
  const answered = Promise.withResolvers<unknown>();
  const { line } = lineTold(0, {
    answer: answered.promise,
    keeperOf(nowMs) {
      if (nowMs >= 300_000) answered.resolve({ report: found, endedAtMs: 1_000 });
      return "ingestor-1";
    },
  });

  expect(await line.reconcile({ confirm: null })).toEqual(found);
});
