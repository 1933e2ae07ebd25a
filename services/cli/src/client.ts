/** Asks the running process over HTTP, and turns every failure into one that can be acted on. */
import type { Problem } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import { CliError } from "./cli-error.ts";

export interface ClientOptions {
  readonly url: string;
  readonly key: string | undefined;
}

export interface Ask {
  readonly method?: "GET" | "PATCH" | "POST" | "PUT";
  readonly body?: object;
  readonly timeoutMs?: number;
}

const timeoutMsDefault = 60_000;

export class Client {
  readonly url: string;
  readonly #key: string | undefined;

  constructor({ url, key }: ClientOptions) {
    this.url = url;
    this.#key = key;
  }

  /** @throws CliError when nobody answers, or the answer is a problem. */
  async ask<T>(path: string, { method, body, timeoutMs = timeoutMsDefault }: Ask = {}): Promise<T> {
    const response = await this.#send(path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        accept: "application/json",
        ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const value = parse(text);
    if (response.ok && value !== undefined) return value as T;
    throw response.ok ? this.#stranger() : refusal(response.status, value, this.#stranger());
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, init);
    } catch (error) {
      if (nameOf(error) === "TimeoutError") {
        throw new CliError(exitCodes.unavailable, `${this.url} did not answer in time`, {
          cause: error,
        });
      }
      throw new CliError(exitCodes.unavailable, `nobody answers at ${this.url}`, {
        fix: "start it with `npm start`, or say where it is with --url or TIDEMARK_URL",
        cause: error,
      });
    }
  }

  #stranger(): CliError {
    return new CliError(exitCodes.unavailable, `what answers at ${this.url} is not Tidemark`, {
      fix: "say where it is with --url or TIDEMARK_URL",
    });
  }
}

function refusal(status: number, value: unknown, stranger: CliError): CliError {
  if (!isProblem(value)) return stranger;
  const fix = fixes[value.code];
  return new CliError(exitCodeOf(status), value.detail, {
    code: value.code,
    details: [
      ...value.errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)),
      ...(status >= 500 ? [`request ${value.requestId}`] : []),
    ],
    ...(fix === undefined ? {} : { fix }),
  });
}

/**
 *   status     exit code
 *   401, 403   77, denied
 *   429, 503   69, unavailable: try again later
 *   others     1
 */
function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return exitCodes.denied;
  return status === 429 || status === 503 ? exitCodes.unavailable : exitCodes.failed;
}

const fixes: Readonly<Record<string, string>> = {
  "key-missing": "set TIDEMARK_KEY to a key made with `tidemark keys create`",
  "key-unknown": "set TIDEMARK_KEY to a key of this process's keys file",
  "scope-missing": "use a key with this scope, or make one with `tidemark keys create --scope`",
  "tenant-required": "name one with --tenant",
  "principals-required": "name who asks with --principal",
  "unknown-replay": "`tidemark replay list` lists them",
  "unknown-source": "`tidemark status` lists the sources",
  "audit-running": "try again when it has ended; `tidemark audit --last` shows its certificate",
  overloaded: "try again in a moment",
  unavailable: "try again in a moment; `tidemark doctor` says what is wrong",
};

function nameOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "name" in error ? error.name : undefined;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
