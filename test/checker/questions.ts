/** What both processes are asked: sentences of the documents themselves, as two different people. */
import type { Store } from "./read-store.ts";

export interface Asker {
  readonly name: string;
  readonly tenant: string;
  readonly principals: readonly string[];
}

export interface Question {
  readonly asker: Asker;
  readonly query: string;
  readonly per: "document" | "chunk";
  readonly limit: number;
  readonly filter: Readonly<Record<string, string>>;
}

/** The two that the driver's documents name; whoever uses other names can give them. */
export const defaultAskers: readonly Asker[] = [
  { name: "ann", tenant: "acme", principals: ["user:ann", "group:engineering"] },
  { name: "bob", tenant: "globex", principals: ["user:bob", "group:hr"] },
];

const generalQueries = [
  "who is allowed to read this",
  "how do I start the pump again after an outage",
  "holiday and working hours",
  "where is the key of the archive",
];

const areaFilters: readonly Question["filter"][] = [{}, {}, {}, {}, { area: "north" }];

/** Spread over all documents, in an order that is the same every time. */
export function questionsFor(
  fresh: Store,
  { askers = defaultAskers, queries = 20 }: { askers?: readonly Asker[]; queries?: number } = {},
): Question[] {
  const texts = [...fresh.documents.values()].flatMap(({ live }) =>
    live.flatMap((point) => (point ? [firstWords(point.text)] : [])),
  );
  const distinct = [...new Set(texts)].toSorted();
  const wanted = Math.max(0, queries - generalQueries.length);
  const step = Math.max(1, Math.floor(distinct.length / Math.max(1, wanted)));
  const chosen = distinct.filter((_, at) => at % step === 0).slice(0, wanted);
  return [...generalQueries, ...chosen].flatMap((query, at) =>
    askers.map((asker) => ({
      asker,
      query,
      per: at % 3 === 2 ? ("chunk" as const) : ("document" as const),
      limit: at % 4 === 3 ? 50 : 10,
      filter: areaFilters[at % areaFilters.length] ?? {},
    })),
  );
}

const wordsMax = 12;

function firstWords(text: string): string {
  return text.split(/\s+/u).filter(Boolean).slice(0, wordsMax).join(" ");
}
