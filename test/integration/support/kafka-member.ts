/** One member of a group in a process of its own, so that it can be killed and stopped. */
import type { LogConsumer } from "@tidemark/pipeline";
import { TransientError } from "@tidemark/pipeline";
import { openLog } from "./kafka-log.ts";

export interface MemberOptions {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly partitions: number;
  readonly topic: string;
  readonly group: string;
  readonly sessionTimeoutMs: number;
}

export type MemberRequest =
  | { readonly kind: "acknowledge"; readonly partition: number; readonly offset: number }
  | { readonly kind: "rewind"; readonly partition: number; readonly offset: number };

export type MemberReport =
  | { readonly kind: "held"; readonly terms: readonly (readonly [number, number])[] }
  | { readonly kind: "records"; readonly places: readonly string[] }
  | { readonly kind: "answered"; readonly problem: string | null };

const options = JSON.parse(process.argv[2] ?? "") as MemberOptions;
const { log } = await openLog(options, options);
const consumer = await log.consumer(options.topic, options.group);

process.on("message", (request: MemberRequest) => void answer(consumer, request));
await pollForEver(consumer);

async function pollForEver(polled: LogConsumer): Promise<never> {
  for (;;) {
    try {
      const records = await polled.poll({ recordsMax: 100, bytesMax: 1 << 20, waitMs: 200 });
      report({ kind: "held", terms: [...polled.held()] });
      const places = records.map(({ offset, partition }) => `${partition}/${offset}`);
      if (places.length > 0) report({ kind: "records", places });
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
    }
  }
}

async function answer(asked: LogConsumer, request: MemberRequest): Promise<void> {
  const { kind, offset, partition } = request;
  try {
    await (kind === "rewind"
      ? asked.rewind(partition, offset)
      : asked.acknowledge(partition, offset));
    report({ kind: "answered", problem: null });
  } catch (error) {
    report({ kind: "answered", problem: String(error) });
  }
}

function report(said: MemberReport): void {
  process.send?.(said);
}
