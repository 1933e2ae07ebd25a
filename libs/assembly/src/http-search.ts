/** Search as everybody has it: over HTTP, with a key where one is needed. */
import type { SearchResponseWire } from "@tidemark/api";
import { TransientError, type ProbeQuestion, type ProbeSearch } from "@tidemark/pipeline";
import type { Secret } from "@tidemark/runtime";

const hitsMax = 5;

export class HttpSearch implements ProbeSearch {
  readonly #url: () => string | null;
  readonly #key: Secret | undefined;

  /** `url` answers null while nobody listens there yet. */
  constructor({
    key,
    url,
  }: {
    readonly url: () => string | null;
    readonly key: Secret | undefined;
  }) {
    this.#url = url;
    this.#key = key;
  }

  async finds(question: ProbeQuestion, signal: AbortSignal): Promise<boolean> {
    const { asker, documentId, sentence, source } = question;
    const { principals, tenant } = asker;
    const { results } = await this.#search(
      {
        query: sentence,
        sources: [source],
        limit: hitsMax,
        ...(tenant === null ? {} : { tenant }),
        ...(principals === null ? {} : { principals }),
      },
      signal,
    );
    return results.some((hit) => hit.documentId === documentId && hit.text.includes(sentence));
  }

  async #search(body: object, signal: AbortSignal): Promise<SearchResponseWire> {
    const url = this.#url();
    if (url === null) throw new TransientError("this process does not listen yet");
    const key = this.#key?.reveal();
    const headers = {
      "content-type": "application/json",
      accept: "application/json",
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    let status = 0;
    let text = "";
    try {
      const response = await fetch(`${url}/v1/search`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
        signal,
        redirect: "error",
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw new TransientError(`search does not answer at ${url}`, { cause: error });
    }
    if (status !== 200)
      throw new TransientError(`search at ${url} answers ${status}${codeIn(text)}`);
    const answer = parse(text);
    if (isAnswer(answer)) return answer;
    throw new TransientError(`what answers at ${url} is not Tidemark`);
  }
}

/** The name that the answer gives to what is wrong. */
function codeIn(text: string): string {
  const answer = parse(text);
  const code = typeof answer === "object" && answer && "code" in answer ? answer.code : null;
  return typeof code === "string" && /^[a-z-]{1,64}$/u.test(code) ? ` ${code}` : "";
}

function isAnswer(answer: unknown): answer is SearchResponseWire {
  return (
    typeof answer === "object" &&
    answer !== null &&
    "results" in answer &&
    Array.isArray(answer.results)
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
