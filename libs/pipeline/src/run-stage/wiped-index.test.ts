import {
  IndexStore,
  MemoryEventLog,
  MemoryVectorIndex,
  VirtualClock,
  aWorkerStage,
} from "@tidemark/testing";
import { TransientError } from "../errors.ts";
import { silentObserver } from "../observer.ts";
import type { Progress, VectorIndex } from "../ports/vector-index.ts";
import type { Stage } from "./stage.ts";
import { runStage } from "./stage-runner.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const documents = 5;

/** Takes no progress after it was wiped, until it was asked for what it has: then it is made again. */
class WipedIndex {
  #isThere = true;
  readonly #progress = new Map<number, number>();

  wipe(): void {
    this.#isThere = false;
    this.#progress.clear();
  }

  async writeProgress(progress: readonly Progress[]): Promise<void> {
    if (!this.#isThere) throw new TransientError("there is no such collection");
    for (const { offset, partition } of progress) this.#progress.set(partition, offset);
  }

  async progress(): Promise<ReadonlyMap<number, number>> {
    this.#isThere = true;
    return this.#progress;
  }
}

test("an index that lost all it had while its group goes on is noticed, and everything is handled again", async () => {
  const clock = new VirtualClock();
  const log = new MemoryEventLog({ clock });
  const index = new WipedIndex();
  const handled: string[] = [];
  const stop = new AbortController();
  const put = (key: string) => log.append("work", [{ key, value: key }]);
  for (let at = 0; at < documents; at += 1) await put(`document-${at}`);
  const running = runStage(
    aStage((key) => void handled.push(key)),
    {
      log,
      index: index as unknown as VectorIndex,
      generation: null,
      clock,
      chance: () => 0,
      logger: quiet,
      observer: silentObserver,
    },
    stop.signal,
  );
  await clock.advance(2_000);
  const before = handled.length;

  index.wipe();
  await put("later");
  await clock.advance(60_000);

  stop.abort();
  await clock.advance(5_000);
  await running;
  expect(before).toBe(documents);
  expect(new Set(handled.slice(before + 1)).size).toBe(documents + 1);
});

test.each([0, 5_000])(
  "an index that is set back is noticed, though its group goes on for %i ms before it is compared",
  async (goesOnMs) => {
    const clock = new VirtualClock();
    const log = new MemoryEventLog({ clock });
    const store = new IndexStore();
    const handled: string[] = [];
    const stop = new AbortController();
    const put = (key: string) => log.append("work", [{ key, value: key, partition: 0 }]);
    await put("before");
    const running = runStage(
      aStage((key) => void handled.push(key)),
      {
        log,
        index: new MemoryVectorIndex(store),
        generation: null,
        clock,
        chance: () => 0,
        logger: quiet,
        observer: silentObserver,
      },
      stop.signal,
    );
    await clock.advance(2_000);
    const backup = store.snapshot();
    await put("lost");
    await clock.advance(2_000);

    store.restore(backup);
    await put("after");
    await clock.advance(goesOnMs);
    await put("later");
    await clock.advance(60_000);

    stop.abort();
    await clock.advance(5_000);
    await running;
    expect(handled.filter((key) => key === "before")).toHaveLength(1);
    expect(handled.filter((key) => key === "lost")).toHaveLength(2);
    expect(store.progress("work", "workers")).toEqual(new Map([[0, 4]]));
  },
);

function aStage(handled: (key: string) => void): Stage<string> {
  return aWorkerStage({
    async handle(tasks) {
      for (const { key } of tasks) handled(key);
    },
  });
}
