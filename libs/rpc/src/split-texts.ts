/** A request that is larger than one message should be → several, in order. */
export interface SplitBounds {
  readonly textsMax: number;
  readonly bytesMax: number;
  readonly tokensMax: number;
}

/**
 * Splits texts so that each part keeps to the bounds; a text that alone exceeds them stands alone.
 *
 * Tokens are not counted but bounded: no text has more of them than bytes, nor more than
 * `tokensPerTextMax`, where the model cuts it.
 */
export function splitTexts(
  texts: readonly string[],
  bounds: SplitBounds,
  tokensPerTextMax: number,
): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let part: string[] = [];
  let [bytes, tokens] = [0, 0];
  for (const text of texts) {
    const textBytes = Buffer.byteLength(text);
    const textTokens = Math.min(textBytes + specialTokensMax, tokensPerTextMax);
    const isFull =
      part.length >= bounds.textsMax ||
      bytes + textBytes > bounds.bytesMax ||
      tokens + textTokens > bounds.tokensMax;
    if (isFull && part.length > 0) {
      parts.push(part);
      part = [];
      [bytes, tokens] = [0, 0];
    }
    part.push(text);
    bytes += textBytes;
    tokens += textTokens;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** Around a text. */
const specialTokensMax = 2;
