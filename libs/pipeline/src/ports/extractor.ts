import type { StructuredText } from "@tidemark/domain";

export interface Extraction {
  readonly text: StructuredText;
  /** Characters of text, to notice an extraction that lost nearly all of it. */
  readonly characters: number;
}

/** Turns bytes into text. Throws `PoisonError` naming the limit or fault that stopped it. */
export interface TextExtractor {
  readonly version: string;
  extract(input: {
    readonly bytes: Uint8Array;
    readonly contentType: string | null;
    readonly fileName: string | null;
    readonly signal?: AbortSignal;
  }): Promise<Extraction>;
}
