/** Random edits of a text, anywhere in it, as people and programs make them. */
import { between, pick } from "@tidemark/testing";

type Chance = () => number;

export const editKinds = ["insertion", "deletion", "replacement"] as const;

const deletedCharsMax = 400;
const wordsMax = 60;

/** The text with one random edit at any place, which may be the middle of a word. */
export function edited(chance: Chance, text: string, vocabulary: readonly string[]): string {
  const kind = pick(chance, editKinds);
  const from = between(chance, 0, text.length);
  const to =
    kind === "insertion" ? from : Math.min(text.length, from + between(chance, 1, deletedCharsMax));
  const put = kind === "deletion" ? "" : words(chance, vocabulary);
  return text.slice(0, from) + put + text.slice(to);
}

/** Some words of a text, none twice. */
export function vocabularyOf(text: string): readonly string[] {
  return [...new Set(text.match(/[a-z]{3,}/gu))];
}

function words(chance: Chance, vocabulary: readonly string[]): string {
  const count = between(chance, 1, wordsMax);
  const chosen = Array.from({ length: count }, () => pick(chance, vocabulary));
  return ` ${chosen.join(" ")}. `;
}
