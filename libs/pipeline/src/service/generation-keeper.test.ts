import { fingerprintOf, type Generation, type GenerationId } from "@tidemark/domain";
import {
  aRecipe,
  MemoryEventLog,
  MemoryVectorIndex,
  VirtualClock,
  withFaults,
} from "@tidemark/testing";
import { silentObserver } from "../observer.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import { tokenSource } from "../stages/restrict.ts";
import { Catalogue } from "./catalogue.ts";
import { GenerationKeeper } from "./generation-keeper.ts";
import { GenerationLines } from "./generation-lines.ts";
import { Generations } from "./generations.ts";
import { StageBoard } from "./stage-board.ts";

const wanted = { recipe: aRecipe, fingerprint: fingerprintOf(aRecipe) };
const logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A process that decides about generations and runs no stage. */
async function aKeeper(indexOver: (index: MemoryVectorIndex, log: MemoryEventLog) => VectorIndex) {
  const clock = new VirtualClock();
  const log = new MemoryEventLog({ clock });
  const index = indexOver(new MemoryVectorIndex(), log);
  const catalogue = await Catalogue.load(log, clock);
  const lines = new GenerationLines({
    catalogue,
    line: {
      stages: new Set(),
      board: new StageBoard(clock),
      log,
      index,
      clock,
      chance: () => 0,
      token: tokenSource("one"),
      logger,
      observer: silentObserver,
      progressTopic: async (topic) => topic,
      extractor: { version: "1", extract: () => Promise.reject(new Error("nothing is read")) },
      contents: new Map(),
      windowOf: () => ({ waitMs: 0, documentsMax: 10 }),
      accepted: () => false,
      restate: async () => {},
    },
    openEmbedder: null,
    failed: (error) => {
      throw error;
    },
  });
  const generations = new Generations({ catalogue, lines, log });
  const keeper = new GenerationKeeper({
    catalogue,
    log,
    index,
    clock,
    logger,
    generations,
    lines,
    keepMs: 0,
  });
  return { catalogue, clock, keeper, lines };
}

test("nobody hears of a generation before the index has it", async () => {
  const heard: GenerationId[] = [];
  const { keeper } = await aKeeper((index, log) => {
    const ensure = index.ensureGeneration.bind(index);
    index.ensureGeneration = async (generation, dimension) => {
      const others = await Catalogue.load(log, new VirtualClock());
      if (heard.length === 0) heard.push(...others.generations.map(({ id }) => id), generation);
      return ensure(generation, dimension);
    };
    return index;
  });

  await keeper.start(wanted);

  expect(heard).toEqual(["g1"]);
});

test("a line waits for an index that does not answer when it starts", async () => {
  let refusals = 3;
  const { clock, keeper, lines } = await aKeeper((index) => {
    const plan = (method: string) => {
      if (method !== "ensureGeneration" || !hasStarted) return { kind: "none" } as const;
      refusals -= 1;
      return { kind: refusals >= 0 ? "rejectBefore" : "none" } as const;
    };
    return withFaults(index, plan, { clock: new VirtualClock() });
  });
  let hasStarted = false;
  await keeper.start(wanted);
  await lines.stop("g1" as GenerationId);

  hasStarted = true;
  await lines.sync();
  await clock.advance(2_000);
  const whileAway = lines.line("g1" as GenerationId)?.isRunning;
  await clock.advance(2_000);

  expect(whileAway).toBe(false);
  expect(lines.line("g1" as GenerationId)?.isRunning).toBe(true);
});

test("what a process that retired a generation and died has left behind is dropped", async () => {
  const dropped: GenerationId[] = [];
  const { catalogue, clock, keeper } = await aKeeper((index) => {
    index.dropGeneration = async (generation) => void dropped.push(generation);
    return index;
  });
  await keeper.start(wanted);
  const [first] = catalogue.generations;
  if (!first) throw new Error("there is no generation");
  await catalogue.putGenerations([{ ...first, id: "g0" as GenerationId, state: "retired" }]);

  const stop = new AbortController();
  const running = keeper.run(stop.signal);
  await clock.advance(1_000);

  stop.abort();
  await clock.advance(1_000);
  await running;
  expect(dropped).toEqual(["g0"]);
});

test("an index that lost what it had noted of its generations is told again", async () => {
  let noted: readonly Generation[] = [];
  const { clock, keeper } = await aKeeper((index) =>
    Object.assign(index, {
      notedGenerations: async () => noted,
      noteGenerations: async (generations: readonly Generation[]) => {
        noted = generations;
      },
    }),
  );
  await keeper.start(wanted);
  const stop = new AbortController();
  const running = keeper.run(stop.signal);
  await clock.advance(1_000);

  noted = [];
  await clock.advance(60_000);

  stop.abort();
  await clock.advance(1_000);
  await running;
  expect(noted.map(({ id }) => id)).toEqual(["g1"]);
});
