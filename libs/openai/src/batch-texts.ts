/** Texts → requests that the endpoint takes, in order. */
export interface CountedText {
  readonly text: string;
  readonly tokens: number;
}

export interface Batch {
  readonly texts: readonly string[];
  readonly tokens: number;
}

/** Every batch has a text at least; a text larger than `tokensMax` has one of its own. */
export function batchTexts(
  texts: readonly CountedText[],
  { textsMax, tokensMax }: { readonly textsMax: number; readonly tokensMax: number },
): Batch[] {
  const batches: { texts: string[]; tokens: number }[] = [];
  for (const { text, tokens } of texts) {
    const last = batches.at(-1);
    if (last && last.texts.length < textsMax && last.tokens + tokens <= tokensMax) {
      last.texts.push(text);
      last.tokens += tokens;
    } else batches.push({ texts: [text], tokens });
  }
  return batches;
}
