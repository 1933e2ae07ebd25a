import type { Block } from "@tidemark/domain";

/** Characters of text in all blocks. */
export function charactersOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.text.length, 0);
}
