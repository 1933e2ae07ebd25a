/** What carries promise 5: one space per query. */
import type { Fence } from "./fence.ts";

const fingerprinted =
  "    canonical({ space: { ...space, model: undefined }, chunker, normalizer, extraction }),";

export const oneSpace: readonly Fence[] = [
  {
    promise: 5,
    does: "The fingerprint covers the embedder's space.",
    file: "libs/domain/src/fingerprint.ts",
    before: fingerprinted,
    after: "    canonical({ chunker, normalizer, extraction }),",
    test: "whatever of the embedder decides a vector makes another generation",
  },
  {
    promise: 5,
    does: "The fingerprint covers the chunker and its settings.",
    file: "libs/domain/src/fingerprint.ts",
    before: fingerprinted,
    after: "    canonical({ space: { ...space, model: undefined }, normalizer, extraction }),",
    test: "whatever of the chunker decides a text makes another generation",
  },
  {
    promise: 5,
    does: "The fingerprint covers the normalizer and the extraction.",
    file: "libs/domain/src/fingerprint.ts",
    before: fingerprinted,
    after: "    canonical({ space: { ...space, model: undefined }, chunker }),",
    test: "another normalizer or extraction makes another generation",
  },
  {
    promise: 5,
    does: "A vector of another width is refused.",
    file: "libs/pipeline/src/stages/vectors-for.ts",
    before: "  if (vector.length !== dimension) {",
    after: "  if (false) {",
    test: "a vector of another width is refused by name, and nothing of it is stored",
  },
  {
    promise: 5,
    does: "A vector that is not finite is refused.",
    file: "libs/pipeline/src/stages/vectors-for.ts",
    before: "  if (!Number.isFinite(squares) || squares === 0) {",
    after: "  if (squares === 0) {",
    test: "a vector that is not made of numbers is refused, and nothing of it is stored",
  },
  {
    promise: 5,
    does: "Vectors are shared within one tenant.",
    file: "libs/sqlite/src/point-operations.ts",
    before: "  where p.text_hash = ? and p.tenant = ? and d.generation = ? limit 1`;",
    after: "  where p.text_hash = ? and (p.tenant = ? or true) and d.generation = ? limit 1`;",
    test: "equal text of another tenant is embedded for itself",
  },
  {
    promise: 5,
    does: "Vectors of live points are shared within one generation.",
    file: "libs/sqlite/src/point-operations.ts",
    before: "  where p.text_hash = ? and p.tenant = ? and d.generation = ? limit 1`;",
    after: "  where p.text_hash = ? and p.tenant = ? and (d.generation = ? or true) limit 1`;",
    test: "a vector that is live in one generation is not taken over into another of equal width",
  },
  {
    promise: 5,
    does: "Vectors of swept points are shared within one generation.",
    file: "libs/sqlite/src/point-operations.ts",
    before: "  where c.text_hash = ? and c.tenant = ? and c.generation = ? limit 1`;",
    after: "  where c.text_hash = ? and c.tenant = ? and (c.generation = ? or true) limit 1`;",
    test: "a vector that was swept in one generation is not taken over into another of equal width",
  },
  {
    promise: 5,
    does: "A generation is kept and queried by an embedder of its very space, or by none.",
    file: "libs/assembly/src/embedders.ts",
    before: "      if (!difference) return embedder;",
    after: "      return embedder;",
    test: "a generation is refused by an embedder that puts another prefix before its queries",
  },
];
