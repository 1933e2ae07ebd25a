/** How fast the embedder service is when asked by nobody else, as its callers ask it. */
import { mapBounded } from "@tidemark/pipeline";
import { openTokenizer } from "@tidemark/onnx";
import { RpcEmbedder } from "@tidemark/rpc";
import { modelDirectory } from "../chunk-corpus.ts";

export interface AskedFor {
  readonly texts: number;
  readonly atOnce: number;
}

/** Ways to ask that are tried. */
export const waysToAsk: readonly AskedFor[] = [
  { texts: 32, atOnce: 2 },
  { texts: 32, atOnce: 6 },
  { texts: 128, atOnce: 2 },
  { texts: 128, atOnce: 4 },
];

export async function connectEmbedder(target: string): Promise<RpcEmbedder> {
  const tokenizer = await openTokenizer(modelDirectory);
  return RpcEmbedder.connect({ target, model: tokenizer.model, tokenizer });
}

/** Milliseconds for all of the texts. */
export async function timeAlone(
  embedder: RpcEmbedder,
  texts: readonly string[],
  asked: AskedFor,
  signal: AbortSignal,
): Promise<number> {
  const requests = Array.from({ length: Math.ceil(texts.length / asked.texts) }, (_, at) =>
    texts.slice(at * asked.texts, (at + 1) * asked.texts),
  );
  const beganAtMs = performance.now();
  await mapBounded(requests, asked.atOnce, async (request) => {
    await embedder.embed({ texts: request, purpose: "document", lane: "live", signal });
  });
  return performance.now() - beganAtMs;
}

/** The fastest way to ask, found on some of the texts. */
export async function bestWay(
  embedder: RpcEmbedder,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<AskedFor> {
  // What runs first pays for what is not warm yet.
  await timeAlone(embedder, texts, { texts: 32, atOnce: 2 }, signal);
  let best = { asked: { texts: 32, atOnce: 2 } as AskedFor, ms: Number.POSITIVE_INFINITY };
  for (const asked of waysToAsk) {
    const ms = await timeAlone(embedder, texts, asked, signal);
    if (ms < best.ms) best = { asked, ms };
  }
  return best.asked;
}
