/** Each test owns its names, so that suites can share a server. */
import { randomUUID } from "node:crypto";
import type { GenerationId } from "@tidemark/domain";
import type { VectorIndex } from "@tidemark/pipeline";

export function freshName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

/** Opens an index with an empty generation; both are gone when the test is. */
export async function withGeneration<Index extends VectorIndex>(
  open: () => Promise<Index>,
  dimension: number,
  body: (index: Index, generation: GenerationId) => Promise<void>,
): Promise<void> {
  await using index = await open();
  const generation = freshName("g") as GenerationId;
  await index.ensureGeneration(generation, dimension);
  await body(index, generation);
  await index.dropGeneration(generation);
}
