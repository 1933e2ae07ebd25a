/** Reads the newest receipts once at start, so that a restart does not forget what was late. */
import { decodeReceipt } from "@tidemark/domain";
import { receiptsTopic, type EventLog, type FreshnessLedger } from "@tidemark/pipeline";

const receiptsReadMax = 5_000;

export async function recallReceipts(
  log: EventLog,
  ledger: FreshnessLedger,
  isActive: (generation: string | null) => boolean,
): Promise<void> {
  for (const { partition, begin, end } of await log.ranges(receiptsTopic)) {
    const from = Math.max(begin, end - receiptsReadMax);
    const range = { from, to: end, recordsMax: receiptsReadMax };
    for (const record of await log.read(receiptsTopic, partition, range)) {
      const receipt = record.value === null ? null : decodeReceipt(record.value);
      if (receipt && isActive(receipt.generation)) ledger.note(receipt);
    }
  }
}
