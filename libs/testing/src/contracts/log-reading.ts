/** How the contract of the log writes and reads. */
import type { EventLog, LogConsumer, LogRecord, PollOptions } from "@tidemark/pipeline";
import { eventually } from "../eventually.ts";
import { freshName } from "./fresh-names.ts";

export type OpenEventLog = () => Promise<EventLog & AsyncDisposable>;
export type WithLog = (body: (log: EventLog, topic: string) => Promise<void>) => Promise<void>;

/** Opens a log for a test, with the name of a topic that nobody else uses, and closes it. */
export function withLogOf(open: OpenEventLog): WithLog {
  return async (body) => {
    await using log = await open();
    await body(log, freshName("topic"));
  };
}

/** A member of the group for as long as the body takes: two at once may share its partitions. */
export async function withConsumer<T>(
  log: EventLog,
  topic: string,
  body: (consumer: LogConsumer) => Promise<T>,
): Promise<T> {
  await using consumer = await log.consumer(topic, "group");
  return await body(consumer);
}

export const generous: PollOptions = { recordsMax: 100, bytesMax: 1_000_000, waitMs: 0 };

export function records(count: number, key?: string) {
  return values(count).map((value) => ({ key: key ?? `key ${value}`, value }));
}

export function values(count: number): string[] {
  return Array.from({ length: count }, (_, at) => String(at).padStart(3, "0"));
}

/** Polls until so many different records have come; a log may give any of them more than once. */
export async function drain(consumer: LogConsumer, count: number): Promise<readonly LogRecord[]> {
  const read: LogRecord[] = [];
  return eventually(async () => {
    read.push(...(await consumer.poll(generous)));
    const places = new Set(read.map(({ partition, offset }) => `${partition}/${offset}`));
    expect(places.size).toBeGreaterThanOrEqual(count);
    return read;
  });
}

export function firstPoll(
  consumer: LogConsumer,
  options: PollOptions,
): Promise<readonly LogRecord[]> {
  return eventually(async () => {
    const read = await consumer.poll(options);
    expect(read.length).toBeGreaterThan(0);
    return read;
  });
}

export async function pollTimes(consumer: LogConsumer, times: number): Promise<void> {
  for (let polled = 0; polled < times; polled += 1) {
    await consumer.poll({ ...generous, waitMs: 100 });
  }
}

/** The values in the order in which each was first read. */
export function distinctInOrder(read: readonly LogRecord[]): (string | null)[] {
  return [...new Set(read.map(({ value }) => value))];
}

export function byText(a: string | null, b: string | null): number {
  return (a ?? "") < (b ?? "") ? -1 : 1;
}
