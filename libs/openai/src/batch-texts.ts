/** Texts → requests that the endpoint takes, in order. */
import type { Payer } from "@tidemark/pipeline";

export interface CountedText {
  readonly text: string;
  readonly tokens: number;
  readonly payer: Payer;
}

export interface Batch {
  readonly texts: readonly string[];
  readonly tokens: number;
  /** Of each text, in order. */
  readonly counted: readonly CountedText[];
}

/** Every batch has a text at least; a text larger than `tokensMax` has one of its own. */
export function batchTexts(
  texts: readonly CountedText[],
  { textsMax, tokensMax }: { readonly textsMax: number; readonly tokensMax: number },
): Batch[] {
  const batches: { texts: string[]; tokens: number; counted: CountedText[] }[] = [];
  for (const each of texts) {
    const { text, tokens } = each;
    const last = batches.at(-1);
    if (last && last.texts.length < textsMax && last.tokens + tokens <= tokensMax) {
      last.texts.push(text);
      last.tokens += tokens;
      last.counted.push(each);
    } else batches.push({ texts: [text], tokens, counted: [each] });
  }
  return batches;
}
