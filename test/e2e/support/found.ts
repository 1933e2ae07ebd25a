/** What a search says of one document, for tests that wait until it says so. */
import { eventually } from "@tidemark/testing";
import type { Question, SearchHitWire, TidemarkApi } from "./tidemark-api.ts";

const withinMs = 30_000;
const limitMax = 100;

/** The document's hit; undefined when the search does not find it at all. */
export async function hitOf(
  api: TidemarkApi,
  documentId: string,
  question: Question,
): Promise<SearchHitWire | undefined> {
  const { results } = await api.search({ limit: limitMax, ...question });
  return results.find((hit) => hit.documentId === documentId);
}

/** Waits until the document is found by its own sentence, and answers the hit. */
export async function untilFound(
  api: TidemarkApi,
  documentId: string,
  sentence: string,
  question: Omit<Question, "query"> = {},
): Promise<SearchHitWire> {
  return eventually(
    async () => {
      const hit = await hitOf(api, documentId, { ...question, query: sentence });
      if (hit?.text.includes(sentence)) return hit;
      throw new Error(`${documentId} is not found with its text; the hit is ${hit?.text}`);
    },
    { withinMs },
  );
}

/** Waits until no search for the sentence finds the document. */
export async function untilGone(
  api: TidemarkApi,
  documentId: string,
  sentence: string,
  question: Omit<Question, "query"> = {},
): Promise<void> {
  await eventually(
    async () => {
      const hit = await hitOf(api, documentId, { ...question, query: sentence });
      if (hit) throw new Error(`${documentId} is still found: ${hit.text}`);
    },
    { withinMs },
  );
}

/** Waits until nothing of a source is on its way, and all that was there at `sinceMs` was seen. */
export async function untilSettled(
  api: TidemarkApi,
  source: string,
  options: {
    readonly documents?: number;
    /** By the clock of this machine; any finished scan will do when absent. */
    readonly sinceMs?: number;
    readonly withinMs?: number;
  } = {},
): Promise<void> {
  await eventually(
    async () => {
      const { completeUpTo, documents, pending } = await api.freshnessOf(source);
      const isSettled =
        pending === 0 &&
        completeUpTo !== null &&
        Date.parse(completeUpTo) >= (options.sinceMs ?? 0) &&
        (options.documents ?? documents) === documents;
      if (!isSettled) throw new Error(`${documents} documents, ${pending} pending`);
    },
    { withinMs: options.withinMs ?? withinMs },
  );
}
