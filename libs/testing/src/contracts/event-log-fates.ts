/** What befalls a log: other processes, retention, compaction, a new beginning. */
import type { EventLog } from "@tidemark/pipeline";
import { drain, pollTimes, records, withConsumer, type WithLog } from "./log-reading.ts";

export interface EventLogContractOptions {
  /**
   * Opens another client of the same log, as another process does; absent where only one process
   * may have it open.
   */
  readonly openAnother?: (log: EventLog) => Promise<EventLog & AsyncDisposable>;
  /** Makes a topic anew, empty. */
  readonly recreate?: (log: EventLog, topic: string) => Promise<void>;
  /** Forgets the records of a partition before an offset, as retention does. */
  readonly truncate?: (
    log: EventLog,
    topic: string,
    partition: number,
    before: number,
  ) => Promise<void>;
  /** Keeps the newest record of each key of a topic, now. */
  readonly compact?: (log: EventLog, topic: string) => Promise<void>;
  /** A topic whose policy is to be compacted; one of the test's own when absent. */
  readonly compactedTopic?: () => string;
}

export function eventLogFates(withLog: WithLog, options: EventLogContractOptions): void {
  const { openAnother, recreate, truncate, compact } = options;

  if (openAnother) {
    test("records and offsets are there for another process", () =>
      withLog(async (log, topic) => {
        const [at] = await log.append(topic, records(10, "one key"), { durable: true });
        await withConsumer(log, topic, async (consumer) => {
          await drain(consumer, 10);
          await consumer.acknowledge(at?.partition ?? 0, 6);
        });

        await using another = await openAnother(log);
        await using successor = await another.consumer(topic, "group");
        expect((await drain(successor, 4))[0]?.offset).toBe(6);
        expect(await another.identity(topic)).toEqual(await log.identity(topic));
      }));
  }

  if (recreate) {
    test("a topic that was made anew has another identity", () =>
      withLog(async (log, topic) => {
        await log.append(topic, records(5));
        const before = await log.identity(topic);

        await recreate(log, topic);

        expect((await log.identity(topic)).id).not.toBe(before.id);
      }));
  }

  if (truncate) {
    test("an offset that is no longer kept is an error, never a jump", () =>
      withLog(async (log, topic) => {
        const [at] = await log.append(topic, records(10, "one key"));
        const partition = at?.partition ?? 0;
        await withConsumer(log, topic, async (consumer) => {
          await drain(consumer, 10);
          await consumer.acknowledge(partition, 2);
        });

        await truncate(log, topic, partition, 5);

        await using behind = await log.consumer(topic, "group");
        await expect(pollTimes(behind, 10)).rejects.toThrow();
        await using fresh = await log.consumer(topic, "another");
        expect((await drain(fresh, 5))[0]?.offset).toBe(5);
      }));
  }

  if (compact) {
    test("after compaction the newest record of each key is there at its offset, once", () =>
      withLog(async (log, ordinary) => {
        const topic = options.compactedTopic?.() ?? ordinary;
        const write = (key: string, value: string) =>
          log.append(topic, [{ key, value, partitionKey: "one" }]);
        for (const value of ["1", "2", "3"]) {
          await write("a", value);
          await write("b", value);
        }
        await write("c", "1");

        await compact(log, topic);

        await using consumer = await log.consumer(topic, "group");
        const read = await drain(consumer, 3);
        expect(read.map(({ offset, key, value }) => [offset, key, value])).toEqual([
          [4, "a", "3"],
          [5, "b", "3"],
          [6, "c", "1"],
        ]);
      }));
  }
}
