/** What an embedder was paid, for whom: metered where it is asked, and written to the log. */
import type { GenerationId } from "@tidemark/domain";
import type { EmbedReply, EmbedRequest, Embedder, Payer } from "../../ports/embedder.ts";

export interface Bill extends Payer {
  /** As the config calls it. */
  readonly embedder: string;
  readonly tokens: number;
  /** In the price's currency. */
  readonly cost: number;
  /** Of this cost the endpoint has told nothing: it was asked, and its answer never came. */
  readonly unconfirmed: number;
  readonly atMs: number;
  /** Embedding has begun to wait for the next day: there was no room left in a budget so large. */
  readonly reachedPerDay?: number;
}

/** What nobody's documents have cost. */
export const searchesPayer = "(searches)";
export const sentinelsPayer = "(sentinels)";
export const othersPayer = "(others)";

export function payerOf(source: string, generation: GenerationId | null): Payer {
  return { source, generation };
}

/** Shares a sum among the payers of texts, by the tokens of each. */
export function shareAmong(
  payers: readonly Payer[],
  tokensOf: (at: number) => number,
): readonly { readonly payer: Payer; readonly share: number }[] {
  const byName = new Map<string, { payer: Payer; tokens: number }>();
  let total = 0;
  for (const [at, payer] of payers.entries()) {
    const name = `${payer.source}\n${payer.generation}`;
    const tokens = Math.max(1, tokensOf(at));
    const known = byName.get(name) ?? { payer, tokens: 0 };
    known.tokens += tokens;
    total += tokens;
    byName.set(name, known);
  }
  return [...byName.values()].map(({ payer, tokens }) => ({ payer, share: tokens / total }));
}

/** Whose texts these are, each by itself; what does not say is others'. */
export function payersOf({ payers, texts }: Pick<EmbedRequest, "payers" | "texts">) {
  return texts.map((_, at): Payer => payers?.[at] ?? payerOf(othersPayer, null));
}

/** An embedder whose replies say all that it took: one that is not paid by the request. */
export function meteredEmbedder(
  embedder: Embedder,
  meter: (used: Payer & { readonly tokens: number; readonly cost: number }) => void,
): Embedder {
  return {
    space: embedder.space,
    countTokens: (text) => embedder.countTokens(text),
    async embed(request): Promise<EmbedReply> {
      const reply = await embedder.embed(request);
      const shares = shareAmong(payersOf(request), (at) =>
        // One payer has all of it, whatever its texts are.
        embedder.countTokens(request.texts[at] ?? ""),
      );
      for (const { payer, share } of shares) {
        meter({ ...payer, tokens: reply.tokens * share, cost: reply.cost * share });
      }
      return reply;
    },
  };
}
