import { MemoryEventLog, VirtualClock, aWorkerStage } from "@tidemark/testing";
import { OverloadedError, PoisonError, TransientError } from "../errors.ts";
import { silentObserver } from "../observer.ts";
import type { RecordPlace } from "../ports/event-log.ts";
import { Attempts } from "./attempts.ts";
import { readDeadLetters } from "./dead-letters.ts";
import { withDefaults } from "./runner-options.ts";
import type { Stage, Task } from "./stage.ts";

const attemptsMax = 3;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

function aTask(key: string) {
  const record: RecordPlace = {
    topic: "work",
    partition: 0,
    offset: 0,
    key,
    appendedAtMs: 0,
  };
  return { key, items: [{ item: key, record, bytes: key.length }] };
}

function aStage(
  handle: (tasks: readonly Task<string>[]) => Promise<void>,
  more: Partial<Stage<string>> = {},
): Stage<string> {
  return aWorkerStage({ handle, ...more });
}

function aWorld(stage: Stage<string>) {
  const clock = new VirtualClock();
  const log = new MemoryEventLog({ clock });
  const options = withDefaults({
    log,
    index: null,
    generation: null,
    clock,
    chance: () => 0,
    logger: quiet,
    observer: silentObserver,
    attemptsMax,
  });
  const completed: string[] = [];
  const attempts = new Attempts(stage, options, {
    completing: () => new Map(),
    completed: (tasks) => completed.push(...tasks.map((task) => task.key)),
    troubled: () => {},
    progressTopic: () => "",
    reached: () => 0,
  });
  return { attempts, clock, completed, log };
}

const hourMs = 3_600_000;

test("a document that fails on while others succeed is set aside", async () => {
  const { attempts, clock, completed, log } = aWorld(
    aStage(async ([task]) => {
      if (task?.key === "bad") throw new TransientError("the worker died");
    }),
  );
  const { signal } = new AbortController();

  const bad = attempts.handle([aTask("bad")], signal);
  await attempts.handle([aTask("good")], signal);
  await clock.advance(hourMs);

  expect(await bad).toBe(true);
  expect(completed).toEqual(["good", "bad"]);
  expect([...(await readDeadLetters(log)).values()]).toMatchObject([
    { documentId: "bad", reason: "retries-exhausted" },
  ]);
});

test.each([
  ["a full queue", () => new OverloadedError("the queue is full")],
  ["a named time", () => new TransientError("come back later", { retryAfterMs: 1_000 })],
])("%s is no document's fault, whoever succeeds meanwhile", async (_what, error) => {
  let isOver = false;
  const { attempts, clock, completed, log } = aWorld(
    aStage(async ([task]) => {
      if (task?.key === "large" && !isOver) throw error();
    }),
  );
  const { signal } = new AbortController();

  const large = attempts.handle([aTask("large")], signal);
  await attempts.handle([aTask("small")], signal);
  await clock.advance(hourMs);
  expect(completed).toEqual(["small"]);
  isOver = true;
  await clock.advance(hourMs);

  expect(await large).toBe(true);
  expect(completed).toEqual(["small", "large"]);
  expect(await readDeadLetters(log)).toEqual(new Map());
});

test("a stage that waits for ever gives no document up", async () => {
  let isOver = false;
  const { attempts, clock, completed } = aWorld(
    aStage(
      async ([task]) => {
        if (task?.key === "first" && !isOver) throw new TransientError("disk full");
      },
      { waitsForEver: true },
    ),
  );
  const { signal } = new AbortController();

  const first = attempts.handle([aTask("first")], signal);
  await attempts.handle([aTask("second")], signal);
  await clock.advance(hourMs);
  isOver = true;
  await clock.advance(hourMs);

  expect(await first).toBe(true);
  expect(completed).toEqual(["second", "first"]);
});

test("setting aside waits for an outage to end", async () => {
  let isFull = true;
  const { attempts, clock, completed, log } = aWorld(
    aStage(
      async () => {
        throw new PoisonError("size-limit", "too large");
      },
      {
        async setAside(task) {
          if (isFull) throw new TransientError("disk full");
          return { documentId: task.key, revision: null };
        },
      },
    ),
  );

  const handled = attempts.handle([aTask("bad")], new AbortController().signal);
  await clock.advance(hourMs);
  expect(completed).toEqual([]);
  isFull = false;
  await clock.advance(hourMs);

  expect(await handled).toBe(true);
  expect(completed).toEqual(["bad"]);
  expect((await readDeadLetters(log)).size).toBe(1);
});
