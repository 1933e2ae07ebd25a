/** Keeps whatever was answered, so that it can be looked through. */
import type { Place } from "./find-planted.ts";

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Said {
  readonly places: Place[] = [];

  /** The status; what was answered, headers and all, is kept. */
  async ask(url: string, request: SentRequest): Promise<number> {
    return (await this.#ask(url, request)).status;
  }

  /** @throws when it is not answered with success, or JSON. */
  async read<T>(url: string, request: SentRequest): Promise<T> {
    const { status, text } = await this.#ask(url, request);
    if (status >= 300) throw new Error(`${request.method} ${request.path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  async #ask(
    url: string,
    { body, headers = {}, key, method, path }: SentRequest,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : text(body) }),
    });
    const said = await answer.text();
    const where = `answer of ${method} ${path.slice(0, 60)}: ${answer.status}`;
    this.places.push({ where, content: `${text([...answer.headers])}\n${said}` });
    return { status: answer.status, text: said };
  }
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
