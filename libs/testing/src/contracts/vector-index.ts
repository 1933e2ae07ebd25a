/**
 * What every vector index promises, whatever it is made of.
 *
 *     vectorIndexContract("memory", async () => new MemoryVectorIndex());
 */
import type { AuditedIndex, EmbeddingTimes, VectorIndex } from "@tidemark/pipeline";
import { vectorIndexAudits } from "./vector-index-audits.ts";
import { vectorIndexCommits } from "./vector-index-commits.ts";
import { vectorIndexAges } from "./vector-index-ages.ts";
import { vectorIndexListings } from "./vector-index-listings.ts";
import { vectorIndexRaces } from "./vector-index-races.ts";
import { vectorIndexSearches } from "./vector-index-searches.ts";

export interface VectorIndexContractOptions {
  /** Documents in the test of narrow rights; a tenth of a percent of them is allowed. */
  readonly documents?: number;
}

/** Opens an index of which nothing else is kept; the tests bring generations of their own. */
export type OpenVectorIndex = () => Promise<VectorIndex & AuditedIndex & EmbeddingTimes>;

export function vectorIndexContract(
  name: string,
  open: OpenVectorIndex,
  options: VectorIndexContractOptions = {},
): void {
  describe(`${name} as a vector index`, () => {
    vectorIndexCommits(open);
    vectorIndexRaces(open);
    vectorIndexSearches(open, { documents: 5_000, ...options });
    vectorIndexListings(open);
    vectorIndexAudits(open);
    vectorIndexAges(open);
  });
}
