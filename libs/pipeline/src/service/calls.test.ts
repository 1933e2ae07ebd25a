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
