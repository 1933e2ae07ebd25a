/**
 * Changes that are sure to be found when they are there: a remark at the end of a page, and the text of
 * the whole chunk that it comes to be in, which nothing is nearer to than that chunk. A remark alone is
 * often a small part of its chunk, and a search for it finds twenty others first.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Question, SearchResponseWire } from "../../e2e/support/tidemark-api.ts";
import { chunkCorpus } from "../chunk-corpus.ts";
import type { CorpusDocument } from "../corpus.ts";

const subjects = [
  "The lighthouse keeper",
  "A retired violin maker",
  "The mountain rescue team",
  "An apprentice baker",
  "The night ferry's captain",
  "A beekeeper from the valley",
  "The museum's restorer",
  "A deep sea diver",
  "The railway signalman",
  "An orchard's owner",
] as const;
const deeds = [
  "counted seventeen swans",
  "painted the gate yellow",
  "lost a silver watch",
  "repaired the church organ",
  "ordered four crates of lemons",
  "translated an old poem",
  "planted a row of walnut trees",
  "measured the depth of the well",
  "won a game of chess",
] as const;
const places = [
  "before the first snow fell on the harbour",
  "while the opera house was on fire",
  "during the festival of kites",
  "after the desert road was closed",
  "behind the glass factory",
  "on the island of the monks",
  "at the border of the rain forest",
] as const;
const sentences = 2;

export interface Remarked {
  readonly key: string;
  /** The whole document, changed. */
  readonly text: string;
  /** What no other text has. */
  readonly said: string;
  /** What to search for. */
  readonly chunk: string;
}

/** Each document in turn gets another remark, and loses its last. @throws RangeError for more than 315 */
export async function remarkedCorpus(
  documents: readonly CorpusDocument[],
  count: number,
  /** What the source makes of a document before it is cut. */
  asCut = (document: CorpusDocument) => document,
): Promise<readonly Remarked[]> {
  if (count * sentences > subjects.length * deeds.length * places.length) {
    throw new RangeError(`${count} remarks cannot all be different`);
  }
  const remarked: Remarked[] = [];
  for (let number = 0; number < count; number += 1) {
    const document = documents[number % documents.length];
    if (!document) throw new RangeError("there is nothing to change");
    const said = remark(number);
    const text = `${document.text}\n## A remark\n\n${said}\n`;
    const { texts } = await chunkCorpus([asCut({ key: document.key, text })]);
    const chunk = texts.find((each) => each.includes(said));
    if (chunk === undefined) throw new Error(`${document.key} has no chunk with: ${said}`);
    remarked.push({ key: document.key, text, said, chunk });
  }
  return remarked;
}

const lookEveryMs = 20;
const waitMs = 30_000;

/** Whoever searches, and what is told of a search that never finds it. */
export interface Searcher {
  search(question: Question): Promise<SearchResponseWire>;
  freshness(): Promise<{ readonly pending: number; readonly searchable: number }>;
}

/** Resolves when a search finds the remark in the document. @throws Error when none does in 30 s */
export async function untilFound(
  searcher: Searcher,
  { chunk, said }: Remarked,
  { source, key }: { readonly source: string; readonly key: string },
): Promise<void> {
  const question = { query: chunk, limit: 20, per: "chunk", sources: [source] } as const;
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const { results } = await searcher.search(question);
    if (results.some((hit) => hit.key === key && hit.text.includes(said))) return;
    if (performance.now() > untilMs) {
      // Many that are pending: the machine does not bear what it was thought to bear.
      const { pending, searchable } = await searcher.freshness();
      throw new Error(
        `${source}/${key} is not found in ${waitMs} ms, ${searchable} documents are, ${pending} are pending: ${said}`,
      );
    }
    await sleep(lookEveryMs);
  }
}

/** The lists' lengths share no divisor, so that no two of 315 share a sentence. */
function remark(number: number): string {
  return Array.from({ length: sentences }, (_, at) => sentence(number * sentences + at)).join(" ");
}

function sentence(at: number): string {
  const part = (parts: readonly string[]) => parts[at % parts.length] ?? "";
  return `${part(subjects)} ${part(deeds)} ${part(places)}.`;
}
