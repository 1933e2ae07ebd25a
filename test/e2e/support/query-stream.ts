/** Searches without a pause, each answer of which must be whole, right and of one space. */
import type { SearchResponseWire, TidemarkApi } from "./tidemark-api.ts";

export interface ExpectedAnswer {
  readonly query: string;
  /** What the query is the text of. */
  readonly documentId: string;
}

const atOnce = 2;

export class QueryStream {
  readonly #api: TidemarkApi;
  readonly #expected: readonly ExpectedAnswer[];
  /** How many answers came from each generation and width. */
  readonly answers = new Map<string, number>();
  /** What was wrong with answers. */
  readonly faults: string[] = [];
  #asked = 0;

  constructor(api: TidemarkApi, expected: readonly ExpectedAnswer[]) {
    this.#api = api;
    this.#expected = expected;
  }

  get queries(): ReadonlySet<string> {
    return new Set(this.#expected.map(({ query }) => query));
  }

  /** Asks while something else is done, and at least once of each after that. */
  async during<T>(act: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    const loop = async () => {
      for (let left = this.#expected.length; !over.signal.aborted || left > 0;) {
        if (over.signal.aborted) left -= 1;
        await this.#ask();
      }
    };
    const [result] = await Promise.all([
      act().finally(() => over.abort()),
      ...Array.from({ length: atOnce }, loop),
    ]);
    return result;
  }

  async #ask(): Promise<void> {
    const expected = this.#expected[this.#asked % this.#expected.length];
    this.#asked += 1;
    if (!expected) throw new Error("nothing to ask");
    try {
      const answer = await this.#api.search({ query: expected.query, per: "chunk", limit: 10 });
      const fault = faultOf(answer, expected);
      if (fault) this.faults.push(`${expected.documentId}: ${fault}`);
      const space = `${answer.generation}/${answer.results[0]?.dimension}`;
      this.answers.set(space, (this.answers.get(space) ?? 0) + 1);
    } catch (error) {
      this.faults.push(String(error));
    }
  }
}

/** Another encoder's vector for the query would not find the very text that it is. */
function faultOf(answer: SearchResponseWire, expected: ExpectedAnswer): string | null {
  const { generation, results } = answer;
  const spaces = new Set(results.map((hit) => `${hit.fingerprint} ${hit.model} ${hit.dimension}`));
  if (spaces.size !== 1) return `${spaces.size} spaces: ${[...spaces].join(", ")}`;
  if (results.some((hit) => hit.generation !== generation)) return "hits of another generation";
  if (results.length < 10) return `${results.length} hits`;
  const [first] = results;
  return first?.documentId === expected.documentId ? null : `first is ${first?.documentId}`;
}
