/** Waits until a generation has applied what the log held: then what still differs is no backlog. */
import type { GenerationId } from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/world.ts";
import { hasPassed } from "../service/has-passed.ts";
import {
  chunkerGroup,
  chunksTopic,
  mutationsTopic,
  restrictorGroup,
  upserterGroup,
} from "../topics.ts";

const pollMs = { least: 20, most: 500 } as const;

export interface Waiting {
  readonly clock: Clock;
  readonly untilMs: number;
  readonly signal: AbortSignal;
}

/** @returns false when it did not come so far in time */
export async function untilPassed(
  log: EventLog,
  generation: GenerationId,
  { ends, ...waiting }: Waiting & { readonly ends: ReadonlyMap<number, number> },
): Promise<boolean> {
  for (const group of [restrictorGroup(generation), chunkerGroup(generation)]) {
    const reader = { topic: mutationsTopic, group };
    if (!(await until(() => hasPassed(log, reader, ends), waiting))) return false;
  }
  const topic = chunksTopic(generation);
  const chunked = await log.ranges(topic);
  const chunkEnds = new Map(chunked.map(({ end, partition }) => [partition, end]));
  const reader = { topic, group: upserterGroup(generation) };
  return until(() => hasPassed(log, reader, chunkEnds), waiting);
}

/** @returns false when it did not hold in time */
export async function until(
  holds: () => Promise<boolean> | boolean,
  { clock, signal, untilMs }: Waiting,
): Promise<boolean> {
  let pauseMs: number = pollMs.least;
  while (!(await holds())) {
    signal.throwIfAborted();
    if (clock.nowMs() >= untilMs) return false;
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, pollMs.most);
  }
  return true;
}
