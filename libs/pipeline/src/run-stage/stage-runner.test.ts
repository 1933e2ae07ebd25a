import { MemoryEventLog, VirtualClock, aWorkerStage } from "@tidemark/testing";
import { TransientError } from "../errors.ts";
import { silentObserver } from "../observer.ts";
import type { Urgency } from "./ready-queue.ts";
import { StageRunner } from "./stage-runner.ts";
import type { Stage } from "./stage.ts";

const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };
const urgencies: Readonly<Record<string, Urgency>> = { delete: 0, edit: 1, copy: 3 };

/** A stage whose batches take until they are let go. */
async function aStage({ concurrency, laneOf }: Pick<Stage<string>, "concurrency" | "laneOf">) {
  const clock = new VirtualClock();
  const log = new MemoryEventLog({ clock });
  const begun: string[] = [];
  const held = Promise.withResolvers<void>();
  const stage = aWorkerStage({
    documentsMax: 2,
    concurrency,
    urgencyOf: (item) => urgencies[item.split(" ")[0] ?? ""] ?? 3,
    ...(laneOf ? { laneOf } : {}),
    async handle(tasks) {
      begun.push(tasks.map(({ key }) => key).join(", "));
      await held.promise;
    },
  });
  const runner = new StageRunner(stage, {
    log,
    index: null,
    generation: null,
    clock,
    chance: () => 0.5,
    logger,
    observer: silentObserver,
  });
  const stop = new AbortController();
  const running = runner.run(stop.signal);
  return {
    begun,
    async hears(...items: readonly string[]) {
      await log.append(
        "work",
        items.map((item) => ({ key: item, value: item, partition: 0 })),
      );
      await clock.advance(2_000);
    },
    async ends() {
      stop.abort();
      held.resolve();
      await clock.advance(2_000);
      await running;
    },
  };
}

test.each([1, 2])(
  "however many copies and edits are in work, a restriction begins at once; of %i together",
  async (concurrency) => {
    const stage = await aStage({ concurrency });
    await stage.hears(...Array.from({ length: 10 }, (_, at) => `copy ${at}`));
    await stage.hears(...Array.from({ length: 10 }, (_, at) => `edit ${at}`));
    const before = stage.begun.length;

    await stage.hears("delete 1");

    const [begun] = stage.begun.slice(before);
    await stage.ends();
    expect(before).toBe(concurrency + 1);
    expect(begun).toBe("delete 1");
  },
);

test("what keeps one lane waiting keeps no other, and batches are of one lane", async () => {
  const laneOf = (item: string) => item.split(" of ")[1] ?? "";
  const stage = await aStage({ concurrency: 1, laneOf });
  await stage.hears(...Array.from({ length: 9 }, (_, at) => `delete ${at} of bucket`));
  const before = stage.begun.length;

  await stage.hears("copy 1 of folder", "delete 9 of bucket", "copy 2 of folder");

  const begun = stage.begun.slice(before);
  await stage.ends();
  expect(before).toBe(3);
  expect(begun).toEqual(["copy 1 of folder, copy 2 of folder"]);
});

test("an outage opens the breaker, which is told, and closed by the first success or the end", async () => {
  const clock = new VirtualClock();
  const log = new MemoryEventLog({ clock });
  const told: string[] = [];
  let isAway = true;
  const runner = new StageRunner<string>(
    aWorkerStage({
      async handle() {
        if (isAway) throw new TransientError("the index does not answer");
      },
    }),
    {
      log,
      index: null,
      generation: null,
      clock,
      chance: () => 0.5,
      logger,
      observer: {
        ...silentObserver,
        state({ breaker }) {
          if (told.at(-1) !== breaker) told.push(breaker);
        },
      },
    },
  );
  const stop = new AbortController();
  const running = runner.run(stop.signal);

  await log.append("work", [{ key: "a", value: "a" }]);
  await clock.advance(60_000);
  const meanwhile = [...told];
  isAway = false;
  await clock.advance(60_000);
  const after = [...told];
  isAway = true;
  await log.append("work", [{ key: "b", value: "b" }]);
  await clock.advance(60_000);
  stop.abort();
  await clock.advance(60_000);
  await running;

  expect(meanwhile).toEqual(["closed", "open"]);
  expect(after).toEqual(["closed", "open", "closed"]);
  expect(told).toEqual(["closed", "open", "closed", "open", "closed"]);
});
