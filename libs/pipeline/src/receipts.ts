/** Publishing what became of mutations: once on the log, once to whoever observes this process. */
import { encodeReceipt, noChunks, type Mutation, type Receipt } from "@tidemark/domain";
import type { PipelineObserver } from "./observer.ts";
import type { EventLog } from "./ports/event-log.ts";
import { receiptsTopic } from "./topics.ts";

export async function publishReceipts(
  log: EventLog,
  observer: PipelineObserver,
  receipts: readonly Receipt[],
): Promise<void> {
  if (receipts.length === 0) return;
  await log.append(
    receiptsTopic,
    receipts.map((receipt) => ({
      key: receipt.documentId,
      value: encodeReceipt(receipt),
      trace: receipt.trace,
    })),
  );
  for (const receipt of receipts) observer.receipt(receipt);
}

/** A receipt with the mutation's own facts filled in. */
export function receiptFor(
  mutation: Mutation,
  facts: Pick<Receipt, "generation" | "stage" | "outcome" | "atMs"> & Partial<Receipt>,
): Receipt {
  const known = mutation.kind === "unreadable" ? null : mutation;
  return {
    documentId: mutation.documentId,
    source: mutation.source,
    tenant: mutation.tenant,
    revision: mutation.revision,
    change: mutation.kind === "upsert" ? "content" : "restriction",
    reason: known?.reason ?? "unreadable",
    sourceTimeMs: known?.sourceTimeMs ?? null,
    observedAtMs: known?.observedAtMs ?? null,
    trace: known?.trace ?? null,
    timings: {},
    chunks: noChunks,
    tokens: 0,
    tokensSaved: 0,
    cost: 0,
    ...facts,
  };
}

const charactersPerToken = 4;

/** An estimate: what is not embedded is not counted either. */
export function tokensOfCharacters(characters: number): number {
  return Math.round(characters / charactersPerToken);
}
