import type { Generation } from "@tidemark/domain";
import type { Catalogue, TidemarkService, VectorIndex } from "@tidemark/pipeline";
import { createMetrics, silentLogger } from "@tidemark/runtime";
import { VirtualClock } from "@tidemark/testing";
import { gaugesLoop, type StateGauges } from "./state-gauges.ts";

test("points and states are of generations that are kept, letters of reasons that there are", async () => {
  const clock = new VirtualClock();
  const metrics = createMetrics({ processDefaults: false });
  const generations: Pick<Generation, "id" | "state">[] = [];
  const letters: { readonly reason: string }[] = [{ reason: "too-large" }, { reason: "too-large" }];
  const catalogue = { generations, rehearsals: [] } as unknown as Catalogue;
  const index = {
    counts: async (id: string) => [{ chunks: 3 }, { chunks: id === "g1" ? 4 : 0 }],
  } as unknown as VectorIndex;
  const service = {
    freshness: async () => ({ sources: [], troubles: [] }),
    deadLetters: async () => letters,
  } as unknown as TidemarkService;
  const keep = (id: string, state: Generation["state"]) =>
    generations.push({ id, state } as Pick<Generation, "id" | "state">);
  keep("g1", "active");
  const stop = new AbortController();
  const input: StateGauges = { service, catalogue, index, metrics, clock, ...around(stop) };

  const running = gaugesLoop(input);
  await clock.advance(1_000);
  const before = await metrics.registry.metrics();
  generations.length = 0;
  keep("g1", "retired");
  keep("g2", "active");
  letters.splice(0, 2, { reason: "unreadable" });
  await clock.advance(60_000);
  const after = await metrics.registry.metrics();
  stop.abort();
  await clock.advance(60_000);
  await running;

  expect(series(before, "tidemark_points")).toEqual(['{generation="g1"} 7']);
  expect(series(after, "tidemark_points")).toEqual(['{generation="g2"} 3']);
  expect(series(after, "tidemark_generation_info").filter((line) => line.endsWith(" 1"))).toEqual([
    '{generation="g2",state="active"} 1',
  ]);
  expect(series(before, "tidemark_dead_letters")).toEqual(['{reason="too-large"} 2']);
  expect(series(after, "tidemark_dead_letters")).toEqual(['{reason="unreadable"} 1']);
});

function around(stop: AbortController) {
  return { logger: silentLogger, signal: stop.signal };
}

function series(scrape: string, name: string): readonly string[] {
  return scrape
    .split("\n")
    .flatMap((line) => (line.startsWith(`${name}{`) ? [line.slice(name.length)] : []));
}
