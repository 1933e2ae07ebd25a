/** Counts tokens as OpenAI's models do. The tables are large, so they are loaded when needed. */
import { sha256Hex } from "@tidemark/domain";

export const tokenEncodings = ["cl100k_base", "o200k_base"] as const;
export type TokenEncoding = (typeof tokenEncodings)[number];

export interface TokenCounter {
  readonly digest: string;
  count(text: string): number;
}

/**
 * Merging takes time in the square of a run without spaces, so that a megabyte of `aaaa` would
 * block for minutes. Such runs are counted in pieces: one token a piece too many at most.
 */
const runCharactersMax = 2000;
const longRuns = new RegExp(`(\\S{${runCharactersMax},}|\\s{${runCharactersMax},})`, "u");
const pieces = new RegExp(`[^]{1,${runCharactersMax}}`, "gu");

/** What looks like a special token in a text is text. */
const asText = { disallowedSpecial: new Set<string>() };

export async function openTokenCounter(encoding: TokenEncoding): Promise<TokenCounter> {
  const { countTokens } = await (encoding === "cl100k_base"
    ? import("gpt-tokenizer/encoding/cl100k_base")
    : import("gpt-tokenizer/encoding/o200k_base"));
  return {
    digest: sha256Hex("openai", encoding),
    count(text) {
      let tokens = 0;
      for (const [place, part] of text.split(longRuns).entries()) {
        // What is split at stands between the parts.
        if (place % 2 === 0) tokens += countTokens(part, asText);
        else for (const [piece] of part.matchAll(pieces)) tokens += countTokens(piece, asText);
      }
      return tokens;
    },
  };
}
