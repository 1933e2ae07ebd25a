import {
  encodeMutation,
  fingerprintOf,
  type Generation,
  type GenerationId,
} from "@tidemark/domain";
import {
  aDraft,
  anId,
  aRecipe,
  IndexStore,
  LogStore,
  MemoryEmbedder,
  MemoryEventLog,
  MemoryVectorIndex,
  VirtualClock,
  plainLine,
} from "@tidemark/testing";
import type { VectorIndex } from "../ports/vector-index.ts";
import { tokenSource } from "../stages/restrict.ts";
import { chunksTopic, mutationsTopic } from "../topics.ts";
import { beganAnew } from "./began-anew.ts";
import { Catalogue } from "./catalogue.ts";
import { GenerationLines } from "./generation-lines.ts";
import { StageBoard, type LineStage } from "./stage-board.ts";

const g1 = "g1" as GenerationId;
const documents = 8;
const minuteMs = 60_000;

/** What processes share: a log, an index, and the time. */
class World {
  readonly clock = new VirtualClock();
  readonly logStore = new LogStore(2);
  readonly log = new MemoryEventLog({ store: this.logStore, clock: this.clock });
  readonly warnings: string[] = [];
  readonly indexStore = new IndexStore();

  static async of(state: Generation["state"] = "active"): Promise<World> {
    const world = new World();
    await world.put(state);
    return world;
  }

  async put(state: Generation["state"]): Promise<void> {
    const catalogue = await Catalogue.load(this.log, this.clock);
    await catalogue.putGenerations([aGenerationThatIs(state)]);
  }

  async write(version: string): Promise<void> {
    for (const id of ids) {
      const text = textOf(id, version);
      const value = encodeMutation(
        aDraft({ documentId: id, revision: versions.indexOf(version) + 1, text }),
      );
      await this.log.append(mutationsTopic, [{ key: id, value }]);
    }
  }

  /** As retention does: all that was written so far. */
  truncate(topic: string): void {
    for (const { partition, end } of this.logStore.ranges(topic)) {
      this.logStore.truncate(topic, partition, end);
    }
  }

  /** The texts of what is live. */
  async found(): Promise<readonly string[]> {
    const index = new MemoryVectorIndex(this.indexStore);
    const points = await Promise.all(ids.map((id) => index.pointsOf(g1, id)));
    return points.flat().map(({ text }) => text);
  }

  async start(stages: readonly LineStage[], over = (index: VectorIndex) => index) {
    const { clock, log, warnings } = this;
    const catalogue = await Catalogue.load(log, clock);
    const lines = new GenerationLines({
      catalogue,
      line: plainLine({
        stages: new Set(stages),
        board: new StageBoard(clock),
        log,
        index: over(new MemoryVectorIndex(this.indexStore)),
        clock,
        token: tokenSource(stages.join()),
        logger: { debug() {}, info() {}, error() {}, warn: (_, said) => void warnings.push(said) },
        progressTopic: (topic) => this.progressTopic(topic),
      }),
      openEmbedder: async () => new MemoryEmbedder(),
      failed: (error) => {
        throw error;
      },
    });
    const stop = new AbortController();
    const running = lines.run(stop.signal);
    await clock.advance(5_000);
    return async () => {
      stop.abort();
      await clock.advance(2_000);
      await running;
    };
  }

  /** As where log and index are one database; another where they are two. */
  progressTopic = async (topic: string): Promise<string> => topic;
}

const versions = ["first", "second"];
const textOf = (id: string, version: string) => `the ${version} text of ${id}`;
const textsOf = (version: string) => ids.map((id) => textOf(id, version));
const ids = Array.from({ length: documents }, (_, at) => anId(`${at}.md`)).sort();

function aGenerationThatIs(state: Generation["state"]): Generation {
  return {
    id: g1,
    state,
    fingerprint: fingerprintOf(aRecipe),
    recipe: { ...aRecipe, normalizer: { ...aRecipe.normalizer, form: "nfc" } },
    createdAtMs: 0,
    activatedAtMs: 0,
    retiringSinceMs: null,
  };
}

const stores = [
  { what: "one database", name: (topic: string) => topic },
  { what: "two", name: (topic: string, id: string) => `${topic}@${id}` },
];

describe.each(stores)("with log and index in $what", ({ name }) => {
  async function aWorld(): Promise<World> {
    const world = await World.of();
    world.progressTopic = async (topic) => name(topic, (await world.log.identity(topic)).id);
    return world;
  }

  test("chunks that were gone before any was read are made again, by a chunker that was done", async () => {
    const world = await aWorld();
    await world.write("first");
    await (
      await world.start(["chunker"])
    )();
    world.truncate(chunksTopic(g1));

    const stop = await world.start(["chunker", "upserter"]);
    await world.clock.advance(minuteMs);

    await stop();
    expect(await world.found()).toEqual(textsOf("first"));
    expect(world.warnings).toContain(beganAnew.unread);
  });

  test("where the upserter had read some, the others are made again by a chunker that runs, once", async () => {
    const world = await aWorld();
    await world.write("first");
    await (
      await world.start(["chunker", "upserter"])
    )();
    await world.write("second");
    const stopChunker = await world.start(["chunker"]);
    world.truncate(chunksTopic(g1));
    const before = await world.found();

    const stop = await world.start(["upserter"]);
    await world.clock.advance(minuteMs);
    const after = await world.found();
    const warned = world.warnings.length;
    await world.clock.advance(5 * minuteMs);

    await Promise.all([stop(), stopChunker()]);
    expect(before).toEqual(textsOf("first"));
    expect(after).toEqual(textsOf("second"));
    expect(world.warnings).toContain(beganAnew.unread);
    expect(world.warnings.slice(warned)).toEqual([]);
  });

  test("an index that lost all it had is filled again, though old chunks are not kept any more", async () => {
    const world = await aWorld();
    await world.write("first");
    const stop = await world.start(["chunker", "upserter"]);
    await world.clock.advance(minuteMs);
    world.truncate(chunksTopic(g1));
    const before = await world.found();

    world.indexStore.restore(new IndexStore());
    await world.clock.advance(2 * minuteMs);

    await stop();
    expect(before).toEqual(textsOf("first"));
    expect(await world.found()).toEqual(textsOf("first"));
    expect(world.warnings).toContain(beganAnew.index);
  });
});

test("a generation that is retired while a process makes room for it is not left behind", async () => {
  const world = await World.of();
  const retiring = async () => {
    await world.put("retired");
    world.indexStore.generations.delete(g1);
  };
  let asked = 0;
  const over = (index: VectorIndex) => {
    const ensure = index.ensureGeneration.bind(index);
    index.ensureGeneration = async (generation, dimension) => {
      asked += 1;
      if (asked === 3) await retiring();
      return ensure(generation, dimension);
    };
    return index;
  };

  const stop = await world.start(["upserter"], over);
  const before = world.indexStore.generations.has(g1);
  await world.clock.advance(minuteMs);

  await stop();
  expect(before).toBe(true);
  expect(asked).toBeGreaterThanOrEqual(3);
  expect(world.indexStore.generations.has(g1)).toBe(false);
});

test("a generation that was retired is not made again by who still has its line", async () => {
  const world = await World.of();
  let asked = 0;
  const over = (index: VectorIndex) => {
    const progress = index.progress.bind(index);
    index.progress = async (topic, group) => {
      asked += 1;
      return progress(topic, group);
    };
    return index;
  };
  const stop = await world.start(["restrictor"], over);
  await world.put("retired");
  world.indexStore.generations.delete(g1);

  await world.clock.advance(2 * minuteMs);

  await stop();
  expect(asked).toBeGreaterThan(0);
  expect(world.indexStore.generations.has(g1)).toBe(false);
});
