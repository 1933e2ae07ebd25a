import { MemoryVectorIndex } from "./memory-vector-index.ts";
import { ScriptedFaults, withFaults } from "./faults.ts";
import { VirtualClock } from "./virtual-clock.ts";

const progress = [{ topic: "t", group: "g", partition: 0, offset: 3 }];

function faulty() {
  const clock = new VirtualClock();
  const script = new ScriptedFaults();
  const index = withFaults(new MemoryVectorIndex(), script.plan, { clock });
  return { clock, script, index };
}

test("a call that is refused before does nothing", async () => {
  const { script, index } = faulty();
  script.next("writeProgress", { kind: "rejectBefore" });

  await expect(index.writeProgress(progress)).rejects.toThrow("refused");

  expect((await index.progress("t", "g")).size).toBe(0);
});

test("a call that fails after has done its work", async () => {
  const { script, index } = faulty();
  script.next("writeProgress", { kind: "failAfter" });

  await expect(index.writeProgress(progress)).rejects.toThrow("did not answer");

  expect((await index.progress("t", "g")).get(0)).toBe(3);
});

test("a delayed call waits for the clock, and the next goes at once", async () => {
  const { clock, script, index } = faulty();
  script.next("writeProgress", { kind: "delay", ms: 50 });
  const delayed = index.writeProgress(progress);

  expect((await index.progress("t", "g")).size).toBe(0);
  await clock.advance(50);
  await delayed;

  expect((await index.progress("t", "g")).get(0)).toBe(3);
});
