/** Receipts of before, so that a restart does not forget what was late; and those of others. */
import { decodeReceipt } from "@tidemark/domain";
import { followTopic, receiptsTopic } from "@tidemark/pipeline";
import type { Parts } from "./open-parts.ts";
import { systemClock } from "./world.ts";

const receiptsReadMax = 5_000;

export async function recallReceipts({
  catalogue,
  ledger,
  stores: { log },
}: Pick<Parts, "catalogue" | "ledger" | "stores">): Promise<void> {
  for (const { partition, begin, end } of await log.ranges(receiptsTopic)) {
    const from = Math.max(begin, end - receiptsReadMax);
    const range = { from, to: end, recordsMax: receiptsReadMax };
    for (const record of await log.read(receiptsTopic, partition, range)) {
      const receipt = record.value === null ? null : decodeReceipt(record.value);
      if (receipt && catalogue.active?.id === receipt.generation) ledger.note(receipt);
    }
  }
}

/** Where the stages are other processes, what they did is known from their receipts. */
export function followReceipts(parts: Parts, signal: AbortSignal): Promise<void> {
  const { measuring, stores } = parts;
  const following = { log: stores.log, clock: systemClock, logger: parts.options.logger };
  return followTopic(following, receiptsTopic, signal, {
    backRecords: 0,
    take: (value) => {
      const receipt = decodeReceipt(value);
      if (receipt) measuring.heard(receipt);
    },
  });
}
