/**
 * Hears of a bucket's changes through SQS. Every message is a hint and nothing more: whatever it
 * says, the object's state is read after. What comes twice, late or in another order changes nothing;
 * what never comes, the scan finds.
 */
import {
  type Chance,
  type Clock,
  type Finding,
  type PipelineLogger,
  type SourceWatch,
  type ToldKey,
  type UnreadableNotice,
  type WatchListener,
} from "@tidemark/pipeline";
import { isSequenced, type Dialect } from "./dialect.ts";
import type { ObjectEvent } from "./object-event.ts";
import { parseMessage } from "./parse-message.ts";
import { QueueDrain } from "./queue-drain.ts";
import type { Queue, QueueMessage } from "./queue.ts";
import type { ReportListener } from "./report.ts";
import { watchRetention } from "./retention.ts";
import type { S3Source } from "./s3-source.ts";
import { PublishedSequencers } from "./sequencer.ts";
import { untilDrained, type DrainTimes } from "./until-drained.ts";

export interface SqsHintsOptions {
  readonly source: Pick<S3Source, "acceptRoot" | "includes" | "tellsOf">;
  /** The bucket's name; events of others are none of its business. */
  readonly bucket: string;
  /** Null where the queue has no dead letters of its own. */
  readonly deadLetters: Queue | null;
  readonly queue: Queue;
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly onReport?: ReportListener;
  readonly waitMs?: number;
  readonly hiddenMs?: number;
  readonly times?: Partial<DrainTimes>;
}

/** S3 says typically seconds, and sometimes a minute or longer. */
const timesDefault: DrainTimes = {
  deliveryMs: 60_000,
  quietMs: 120_000,
  withinMs: 30 * 60_000,
};
const problemsToldMax = 3;

interface Heard {
  readonly told: readonly ToldKey[];
  readonly notices: readonly UnreadableNotice[];
  readonly events: readonly ObjectEvent[];
}

export class SqsHints implements SourceWatch {
  readonly #options: SqsHintsOptions;
  readonly #sequencers = new PublishedSequencers();
  #drains: readonly { readonly drain: QueueDrain; readonly queue: Queue }[] = [];

  constructor(options: SqsHintsOptions) {
    this.#options = options;
  }

  /** When the queue last answered; null before it is listened to. */
  get lastPolledAtMs(): number | null {
    return this.#drains[0]?.drain.gauge.lastPolledAtMs ?? null;
  }

  /** Of the queue that tells of changes: the dead letters can wait. */
  trouble(): string | null {
    return this.#drains[0]?.drain.trouble ?? null;
  }

  async watch(listener: WatchListener, signal: AbortSignal): Promise<void> {
    const { deadLetters, queue } = this.#options;
    const main = this.#drainOf(queue, listener);
    const others = deadLetters ? [this.#drainOf(deadLetters, listener)] : [];
    this.#drains = [main, ...others];
    await Promise.all([
      ...this.#drains.map(({ drain }) => drain.run(signal)),
      watchRetention({ ...this.#options, gauge: main.drain.gauge, listener, signal }),
    ]);
  }

  async acceptRoot(): Promise<void> {
    this.#options.source.acceptRoot();
  }

  tellsOf(finding: Finding): boolean {
    return this.#options.source.tellsOf(finding);
  }

  async drained(beforeMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const times = { ...timesDefault, ...this.#options.times };
    const question = { beforeMs, clock, signal, times };
    const answers = await Promise.all(this.#drains.map((each) => untilDrained(each, question)));
    return answers.length > 0 && answers.every(Boolean);
  }

  #drainOf(queue: Queue, listener: WatchListener) {
    const { onReport } = this.#options;
    const accept = (messages: readonly QueueMessage[]) => this.#accept(queue, messages, listener);
    const onTrouble = (problem: string) =>
      onReport?.({ kind: "queue-trouble", queue: queue.name, problem });
    return { queue, drain: new QueueDrain({ ...this.#options, queue, accept, onTrouble }) };
  }

  async #accept(
    queue: Queue,
    messages: readonly QueueMessage[],
    listener: WatchListener,
  ): Promise<void> {
    const { events, notices, told } = this.#hear(queue, messages);
    if (told.length > 0) await listener.heardAll(told);
    for (const { key, sequencer } of events) {
      if (sequencer !== null && isSequenced(this.#options.dialect)) {
        this.#sequencers.published(key, sequencer);
      }
    }
    if (notices.length > 0) await listener.setAside(notices);
  }

  #hear(queue: Queue, messages: readonly QueueMessage[]): Heard {
    const told = new Map<string, ToldKey>();
    const events: ObjectEvent[] = [];
    const notices: UnreadableNotice[] = [];
    const skips = new Map<string, number>();
    const skip = (reason: string) => skips.set(reason, (skips.get(reason) ?? 0) + 1);
    for (const message of messages) {
      const parsed = parseMessage(message.body, this.#options.dialect);
      for (const reason of parsed.skipped) skip(reason);
      if (parsed.problems.length > 0) notices.push(noticeOf(queue, message, parsed.problems));
      for (const event of parsed.events) {
        const reason = this.#reasonToSkip(event);
        if (reason === null) {
          events.push(event);
          told.set(event.key, mergeTold(told.get(event.key), event, message.trace));
        } else skip(reason);
      }
    }
    for (const [reason, count] of skips) {
      this.#options.onReport?.({ kind: "skipped-events", reason, count });
    }
    return { told: [...told.values()], notices, events };
  }

  /**
   *   event                                              outcome
   *   of another bucket                                  other-bucket
   *   of a key that is no document                       not-included
   *   of a write whose hint, or a later one's, is out    passed
   *   any other                                          a hint
   */
  #reasonToSkip({ bucket, key, sequencer }: ObjectEvent): string | null {
    const { bucket: own, dialect, source } = this.#options;
    if (bucket !== own) return "other-bucket";
    if (!source.includes(key)) return "not-included";
    const isOrdered = sequencer !== null && isSequenced(dialect);
    return isOrdered && this.#sequencers.isPassed(key, sequencer) ? "passed" : null;
  }
}

/** From what is read first to what can wait. */
const expectations: readonly ToldKey["expects"][] = ["absent", "policy", "unknown", "present"];

/** One hint stands for all events of a key, and is as urgent as the most urgent of them. */
function mergeTold(
  before: ToldKey | undefined,
  { atMs, expects, key }: ObjectEvent,
  trace: string | null,
): ToldKey {
  const times = [before?.sourceTimeMs ?? null, atMs].filter((time) => time !== null);
  return {
    key,
    expects: expectations.find((each) => each === before?.expects || each === expects) ?? expects,
    sourceTimeMs: times.length === 0 ? null : Math.max(...times),
    trace: trace ?? before?.trace ?? null,
  };
}

/** By reference: what it said stays out of the log. */
function noticeOf(
  queue: Queue,
  { body, id }: QueueMessage,
  problems: readonly string[],
): UnreadableNotice {
  const told = problems.slice(0, problemsToldMax).join("; ");
  const bytes = Buffer.byteLength(body);
  return {
    id: `message:${id}`,
    from: `sqs:${queue.name}`,
    problem: `${told} (message ${id}, ${bytes} bytes, ${problems.length} problems)`,
  };
}
