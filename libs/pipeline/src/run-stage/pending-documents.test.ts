import type { CoalescingWindow } from "@tidemark/domain";
import { VirtualClock, aWorkerStage } from "@tidemark/testing";
import { PendingDocuments } from "./pending-documents.ts";

const nightMs = 3_600_000;
const nightly: CoalescingWindow = {
  waitMs: 0,
  documentsMax: Number.POSITIVE_INFINITY,
  dueAtMs: (nowMs) => nowMs + nightMs,
};
const soon: CoalescingWindow = { waitMs: 5_000, documentsMax: 2 };

function aWorld() {
  const clock = new VirtualClock();
  const stage = aWorkerStage({
    windowOf: (item) => (item.startsWith("night") ? nightly : soon),
  });
  const pending = new PendingDocuments(stage, clock, () => {}, new AbortController().signal);
  let offset = 0;
  const add = (key: string) => {
    const record = { topic: "work", partition: 0, offset, key, appendedAtMs: 0 };
    offset += 1;
    pending.add({ item: key, record, bytes: key.length });
  };
  const take = () => {
    const keys = pending.take(100, 3).map((task) => task.key);
    for (const key of keys) pending.release(key);
    return keys;
  };
  return { add, clock, take };
}

test("documents of one source never end the window of another's", async () => {
  const { add, clock, take } = aWorld();
  for (const key of ["night 1", "night 2", "a", "b"]) add(key);
  expect(take()).toEqual(["a", "b"]);

  for (const key of ["a", "b"]) add(key);
  expect(take()).toEqual(["a", "b"]);
  await clock.advance(nightMs);

  expect(take()).toEqual(["night 1", "night 2"]);
});

test("a window that ended early leaves no timer to the next one", async () => {
  const { add, clock, take } = aWorld();
  for (const key of ["a", "b"]) add(key);
  take();
  add("a");
  await clock.advance(3_000);
  add("b");
  expect(take()).toEqual(["a", "b"]);

  add("a");
  await clock.advance(3_000);
  expect(take()).toEqual([]);
  await clock.advance(2_000);

  expect(take()).toEqual(["a"]);
});
