/** One search, as the service makes it. */
import type { Generation, GenerationId } from "@tidemark/domain";
import { searchIndex, type Embedder, type SearchHit, type VectorIndex } from "@tidemark/pipeline";

export interface Asking {
  readonly principals?: readonly string[];
  readonly tenant?: string;
  readonly limit?: number;
  readonly per?: "document" | "chunk";
  /** The first one when absent. */
  readonly generation?: GenerationId;
}

export async function ask(
  query: string,
  asking: Asking,
  at: {
    readonly index: VectorIndex;
    readonly generation: Generation;
    readonly embedder: Embedder;
  },
): Promise<readonly SearchHit[]> {
  const { vectors } = await at.embedder.embed({ texts: [query], purpose: "query", lane: "query" });
  const [vector] = vectors;
  if (!vector) throw new Error("one text makes one vector");
  const tenant = asking.tenant ?? null;
  const { hits } = await searchIndex(at.index, {
    generation: at.generation,
    vector,
    limit: asking.limit ?? 10,
    asker: { tenant, principals: asking.principals ?? [] },
    tenants: tenant === null ? [] : [tenant],
    sources: null,
    filter: {},
    per: asking.per ?? "document",
    preferCurrent: 0,
  });
  return hits;
}
