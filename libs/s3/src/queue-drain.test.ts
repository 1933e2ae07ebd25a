import { TransientError } from "@tidemark/pipeline";
import { seededChance, VirtualClock } from "@tidemark/testing";
import { MemoryQueue } from "./memory-queue.ts";
import { QueueDrain } from "./queue-drain.ts";

function aDrain() {
  const clock = new VirtualClock();
  const queue = new MemoryQueue(clock);
  const accept = () => Promise.resolve();
  const drain = new QueueDrain({
    queue,
    accept,
    clock,
    chance: seededChance(1),
    onTrouble: () => {},
  });
  return { clock, drain, queue };
}

test("a queue that refuses is in trouble until it answers", async () => {
  const { clock, drain, queue } = aDrain();
  const stop = new AbortController();
  const running = drain.run(stop.signal);
  queue.isDown = true;
  await clock.advance(30_000);
  const refused = drain.trouble;

  queue.isDown = false;
  await clock.advance(60_000);
  const answered = drain.trouble;
  stop.abort();
  await running;

  expect(refused).toContain("ECONNREFUSED");
  expect(answered).toBeNull();
});

test("a queue that says nothing for longer than it was asked to wait is in trouble", async () => {
  const { clock, drain, queue } = aDrain();
  const stop = new AbortController();
  const never = Promise.withResolvers<never>();
  queue.receive = () => never.promise;
  const running = drain.run(stop.signal);

  await clock.advance(24_000);
  const early = drain.trouble;
  await clock.advance(2_000);
  const late = drain.trouble;
  never.reject(new TransientError("SQS did not answer"));
  stop.abort();
  await running;

  expect(early).toBeNull();
  expect(late).toContain("does not answer");
});
