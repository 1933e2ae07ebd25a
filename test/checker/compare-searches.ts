/** The same questions to two processes: the same answers. */
import { ask } from "./ask.ts";
import type { Difference } from "./difference.ts";
import type { Question } from "./questions.ts";

export interface Hit {
  readonly documentId: string;
  readonly score: number;
  readonly ordinal: number;
  readonly chunkCount: number;
  readonly text: string;
  readonly snippet: string;
  readonly heading: readonly string[];
  readonly title: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tenant: string;
  readonly stale: boolean;
  readonly contentHash: string;
  readonly chunkId: string;
}

export interface Found {
  readonly results: readonly Hit[];
  readonly complete: boolean;
}

const scoreTolerance = 1e-4;

export async function searchAs(url: string, question: Question): Promise<Found> {
  const { asker, filter, limit, per, query } = question;
  const { principals, tenant } = asker;
  const body = { query, limit, per, filter, principals, tenant };
  return ask<Found>(url, { method: "POST", path: "/v1/search", body });
}

export async function compareSearches(
  urls: { readonly checked: string; readonly fresh: string },
  questions: readonly Question[],
): Promise<{ readonly differences: Difference[]; readonly hits: number }> {
  const differences: Difference[] = [];
  let hits = 0;
  for (const question of questions) {
    const [one, other] = await Promise.all([
      searchAs(urls.checked, question),
      searchAs(urls.fresh, question),
    ]);
    hits += other.results.length;
    differences.push(...compareFound(question, one, other));
  }
  return { differences, hits };
}

/** Hits of equal score may stand in any order, and be cut anywhere by the limit. */
export function compareFound(question: Question, one: Found, other: Found): Difference[] {
  const subject = `${question.asker.name}: ${question.query}`;
  const differ = (detail: string): Difference => ({ kind: "search", subject, detail });
  if (one.complete !== other.complete) return [differ(`complete: ${one.complete}`)];
  if (one.results.length !== other.results.length) {
    return [differ(`${one.results.length} hits, not ${other.results.length}`)];
  }
  const isCut = other.results.length === question.limit;
  const last = other.results.at(-1)?.score ?? 0;
  const found: Difference[] = [];
  for (const [at, hit] of other.results.entries()) {
    const score = one.results[at]?.score ?? Number.NaN;
    if (!(Math.abs(score - hit.score) <= scoreTolerance)) {
      found.push(differ(`hit ${at}: ${score} instead of ${hit.score} for ${hit.documentId}`));
    }
    const same = one.results.find((each) => isSameChunk(each, hit));
    const mayBeCut = isCut && hit.score - last <= scoreTolerance;
    if (same) found.push(...compareHit(same, hit, differ));
    else if (!mayBeCut && !hasTwin(one.results, hit)) {
      found.push(differ(`${hit.documentId} chunk ${hit.ordinal} is not found`));
    }
  }
  return found;
}

function isSameChunk(a: Hit, b: Hit): boolean {
  return a.documentId === b.documentId && a.ordinal === b.ordinal;
}

/** The best chunk of a document may be either of two that say the same. */
function hasTwin(hits: readonly Hit[], hit: Hit): boolean {
  return hits.some(
    ({ documentId, score, text }) =>
      documentId === hit.documentId &&
      text === hit.text &&
      Math.abs(score - hit.score) <= scoreTolerance,
  );
}

const fields = [
  "chunkCount",
  "text",
  "snippet",
  "heading",
  "title",
  "metadata",
  "tenant",
  "stale",
  "contentHash",
  "chunkId",
] as const;

function compareHit(one: Hit, other: Hit, differ: (detail: string) => Difference): Difference[] {
  return fields.flatMap((field) => {
    const [is, should] = [text(one[field]), text(other[field])];
    return is === should ? [] : [differ(`${one.documentId}: ${field} is ${is}, not ${should}`)];
  });
}

function text(value: unknown): string {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : JSON.stringify(value);
}
