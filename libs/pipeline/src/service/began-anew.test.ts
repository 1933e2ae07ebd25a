import { VirtualClock } from "@tidemark/testing";
import { beganAnew, Notices } from "./began-anew.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const dayMs = 24 * 3_600_000;

test.each(Object.values(beganAnew))(
  "%s: told as often as it was said, with when",
  async (message) => {
    const clock = new VirtualClock();
    const notices = new Notices(clock);
    const logger = notices.over(quiet);

    logger.warn({}, message);
    await clock.advance(1_000);
    logger.warn({}, message);

    expect(notices.recent()).toEqual([{ message, atMs: clock.nowMs(), times: 2 }]);
  },
);

test("other warnings are none of its business, and reach the log as they are", () => {
  const said: unknown[] = [];
  const notices = new Notices(new VirtualClock());
  const logger = notices.over({
    ...quiet,
    warn: (fields, message) => void said.push({ fields, message }),
  });

  logger.warn({ topic: "hints" }, "scan failed");
  logger.warn({ topic: "hints" }, beganAnew.topic);

  expect(notices.recent()).toHaveLength(1);
  expect(said).toEqual([
    { fields: { topic: "hints" }, message: "scan failed" },
    { fields: { topic: "hints" }, message: beganAnew.topic },
  ]);
});

test("after a day it is forgotten", async () => {
  const clock = new VirtualClock();
  const notices = new Notices(clock);
  notices.over(quiet).warn({}, beganAnew.index);

  await clock.advance(dayMs + 1);

  expect(notices.recent()).toEqual([]);
});
