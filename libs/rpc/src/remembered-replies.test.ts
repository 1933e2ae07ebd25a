import { RememberedReplies } from "./remembered-replies.ts";

const { signal: never } = new AbortController();

function aMemory(options: { repliesMax?: number; bytesMax?: number } = {}) {
  let nowMs = 0;
  let made = 0;
  const memory = new RememberedReplies<string>({
    repliesMax: 10,
    bytesMax: 1000,
    keepMs: 100,
    nowMs: () => nowMs,
    bytesOf: (reply) => reply.length,
    ...options,
  });
  const ask = (key: string, signal = never) =>
    memory.get(key, signal, () => {
      made += 1;
      return Promise.resolve(`${key}${made}`);
    });
  return { memory, ask, made: () => made, pass: (ms: number) => (nowMs += ms) };
}

test("a reply is given again, and made once", async () => {
  const { ask, made } = aMemory();

  const first = await ask("a");
  const again = await ask("a");

  expect(first).toEqual({ reply: "a1", isNew: true });
  expect(again).toEqual({ reply: "a1", isNew: false });
  expect(made()).toBe(1);
});

test("a reply is forgotten after its time", async () => {
  const { ask, memory, pass } = aMemory();
  await ask("a");

  pass(99);
  expect((await ask("a")).isNew).toBe(false);
  pass(1);
  expect((await ask("a")).isNew).toBe(true);
  expect(memory.size).toBe(1);
});

test("the oldest is forgotten when there are too many, or they are too large", async () => {
  const few = aMemory({ repliesMax: 2 });
  const small = aMemory({ bytesMax: 4 });

  for (const { ask } of [few, small]) for (const key of ["a", "b", "c"]) await ask(key);

  for (const { ask, memory } of [few, small]) {
    expect(memory.size).toBe(2);
    expect((await ask("c")).isNew).toBe(false);
    expect((await ask("a")).isNew).toBe(true);
  }
});

test("a reply larger than all the room is given and not kept", async () => {
  const { ask, memory } = aMemory({ bytesMax: 1 });

  await ask("a");

  expect(memory.size).toBe(0);
});

test("who asks for work that is under way waits for it", async () => {
  const { memory } = aMemory();
  const work = Promise.withResolvers<string>();
  const make = counted(() => work.promise);

  const both = [memory.get("a", never, make.call), memory.get("a", never, make.call)];
  work.resolve("done");

  expect(await Promise.all(both)).toEqual([
    { reply: "done", isNew: true },
    { reply: "done", isNew: false },
  ]);
  expect(make.calls()).toBe(1);
});

test("work goes on while somebody waits, and is given up with the last", async () => {
  const { memory } = aMemory();
  const [first, second] = [new AbortController(), new AbortController()];
  let working: AbortSignal | undefined;
  const make = (signal: AbortSignal) => {
    working = signal;
    return new Promise<string>((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("the work was told")));
    });
  };
  const asked = [memory.get("a", first.signal, make), memory.get("a", second.signal, make)];

  first.abort(new Error("first gave up"));
  await expect(asked[0]).rejects.toThrow("first gave up");
  expect(working?.aborted).toBe(false);

  second.abort(new Error("second gave up"));
  await expect(asked[1]).rejects.toThrow("second gave up");
  expect(working?.aborted).toBe(true);
});

test("work that was given up is begun anew by whoever asks next", async () => {
  const { ask, memory } = aMemory();
  const gone = new AbortController();
  const stuck = memory.get("a", gone.signal, () => new Promise(() => undefined));

  gone.abort(new Error("gone"));
  await expect(stuck).rejects.toThrow("gone");

  expect(await ask("a")).toEqual({ reply: "a1", isNew: true });
});

test("a failure is told and not remembered", async () => {
  const { ask, memory } = aMemory();

  await expect(memory.get("a", never, () => Promise.reject(new Error("no")))).rejects.toThrow("no");

  expect((await ask("a")).isNew).toBe(true);
});

function counted<Result>(work: () => Result) {
  let calls = 0;
  return {
    call: () => {
      calls += 1;
      return work();
    },
    calls: () => calls,
  };
}
