import { eventually, MemoryEventLog } from "@tidemark/testing";
import { Calls, NotOursError, type Call } from "./calls.ts";

const greet: Call<string, string> = { name: "greet", of: "greeter", withinMs: 60_000 };
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

test("what a process leaves to another one is answered by that one", async () => {
  let looks = 0;
  const clock = {
    nowMs: () => 0,
    // Deadlines never come; whoever follows a topic looks again at once.
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        looks += 1;
        signal?.addEventListener("abort", () => resolve(), { once: true });
        if (ms < greet.withinMs) setImmediate(resolve);
      }),
  };
  const log = new MemoryEventLog({ clock });
  let ids = 0;
  const processes = [0, 1, 2].map((process) => {
    const newId = () => `${process}-${(ids += 1)}`;
    return new Calls({ log, clock, logger: quiet, newId });
  });
  const [asker, standby, owner] = processes;
  const left: string[] = [];
  standby?.answer(greet, async (who) => {
    left.push(who);
    throw new NotOursError();
  });
  owner?.answer(greet, async (who) => `hello ${who}`);
  const stop = new AbortController();
  const running = processes.map((each) => each.run(stop.signal));
  // What was asked before they listen is nobody's.
  await eventually(() => expect(looks).toBeGreaterThan(processes.length));

  const answer = await asker?.ask(greet, "ann");

  stop.abort();
  await Promise.all(running);
  expect(answer).toBe("hello ann");
  expect(left).toEqual(["ann"]);
});

/** Asks somebody who never answers, on a clock that passes by itself. */
function askNobody(keeper: (nowMs: number) => string | null) {
  let nowMs = 0;
  const late = Promise.withResolvers<void>();
  const clock = {
    nowMs: () => nowMs,
    // Who sleeps for as long as an answer may take sleeps through all the short sleeps.
    async sleep(ms: number, signal?: AbortSignal) {
      if (ms < greet.withinMs) {
        await new Promise((resolve) => void setImmediate(resolve));
        nowMs += ms;
        if (nowMs >= greet.withinMs) late.resolve();
        return;
      }
      signal?.addEventListener("abort", () => late.resolve(), { once: true });
      await late.promise;
    },
  };
  const calls = new Calls({
    log: new MemoryEventLog({ clock }),
    clock,
    logger: quiet,
    newId: () => "1",
  });
  return { answer: calls.ask(greet, "ann", () => keeper(nowMs)), tookMs: () => nowMs };
}

test.each([
  ["is heard of no more", (nowMs: number) => (nowMs > 3_000 ? null : "a")],
  ["was started anew", (nowMs: number) => (nowMs > 3_000 ? "b" : "a")],
])(
  "who waits for a process that %s is told so long before the answer is late",
  async (_, keeper) => {
    const { answer, tookMs } = askNobody(keeper);

    await expect(answer).rejects.toThrow("the greeter went away before it had answered; ask again");
    expect(tookMs()).toBeLessThan(greet.withinMs / 2);
  },
);

test("an answer may take as long as its process is there", async () => {
  const { answer, tookMs } = askNobody(() => "a");

  await expect(answer).rejects.toThrow("the greeter did not answer within");
  expect(tookMs()).toBeGreaterThanOrEqual(greet.withinMs);
});
