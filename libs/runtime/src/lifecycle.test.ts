import { EventEmitter } from "node:events";
import { ConfigError } from "./config/problems.ts";
import { exitCodes } from "./exit-codes.ts";
import { ExitError, runProcess, type ProcessContext } from "./lifecycle.ts";
import { createLogger } from "./logger.ts";

const problem = {
  file: "t.yaml",
  line: 1,
  column: 1,
  path: "version",
  what: "is missing",
  why: "w",
  fix: "f",
  severity: "error",
} as const;

test.each([
  ["nothing", async () => {}, 0, []],
  ["a number", async () => 2, 2, []],
  ["a locked data directory", throwing(new ExitError(75, "held by 42")), 75, ["stopped"]],
  ["a config", throwing(new ConfigError([problem])), 78, ["the config cannot be used"]],
  ["a bug", throwing(new TypeError("x is undefined")), 70, ["failed"]],
])("work that ends with %s ends the process", async (_, work, code, messages) => {
  const world = aWorld();

  await world.run(work);

  expect(world.codes).toEqual([code]);
  expect(world.messages()).toEqual(messages);
});

test("the first signal stops the work, which closes what it opened in reverse", async () => {
  const world = aWorld();
  const closed: string[] = [];

  const done = world.run(async ({ signal, resources }) => {
    resources.defer(() => void closed.push("index"));
    resources.defer(() => void closed.push("log"));
    world.process.emit("SIGTERM");
    signal.throwIfAborted();
  });
  await done;

  expect(closed).toEqual(["log", "index"]);
  expect(world.codes).toEqual([exitCodes.ok]);
  expect(world.messages()).toEqual(["stopping"]);
});

test("work that outlasts the drain is ended, and closing counts towards it", async () => {
  const world = aWorld();

  void world.run(async ({ resources, setDrainMs }) => {
    setDrainMs(20_000);
    resources.defer(() => new Promise(() => {}));
    world.process.emit("SIGTERM");
  });
  await Promise.resolve();
  expect(world.codes).toEqual([]);
  expect(world.bounds).toEqual([20_000]);

  world.passBound();

  expect(world.codes).toEqual([143]);
  expect(world.messages()).toEqual(["stopping", "not done within the drain"]);
});

test("a second signal ends the process at once", () => {
  const world = aWorld();
  void world.run(() => new Promise(() => {}));

  world.process.emit("SIGINT");
  world.process.emit("SIGINT");

  expect(world.codes).toEqual([130]);
  expect(world.process.listenerCount("SIGINT")).toBe(0);
});

test("an error while stopping is still told", async () => {
  const world = aWorld();

  await world.run(async () => {
    world.process.emit("SIGTERM");
    throw new TypeError("x is undefined");
  });

  expect(world.codes).toEqual([exitCodes.bug]);
  expect(world.messages()).toEqual(["stopping", "failed"]);
});

function throwing(error: Error): () => Promise<never> {
  return () => Promise.reject(error);
}

function aWorld() {
  const lines: string[] = [];
  const codes: number[] = [];
  const bounds: number[] = [];
  let passBound = () => {};
  const process = Object.assign(new EventEmitter(), {
    exit: (code: number) => codes.push(code),
  });
  const logger = createLogger({ write: (line) => lines.push(line) });
  return {
    process,
    codes,
    bounds,
    passBound: () => passBound(),
    messages: () => lines.map((line) => (JSON.parse(line) as { message: string }).message),
    run: (work: (context: ProcessContext) => Promise<number | void>) =>
      runProcess(work, {
        logger,
        process,
        after: (ms, call) => {
          bounds.push(ms);
          passBound = call;
          return () => {};
        },
      }),
  };
}
