/** Speaks JSON with a process. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** @throws when the process cannot be reached, goes away before it has answered, or by `signal`. */
export async function send(
  url: string,
  request: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly signal?: AbortSignal;
  },
): Promise<Answer> {
  const { body, method, path, signal } = request;
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(signal ? { signal } : {}),
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: await answer.json() };
}

/** @throws also when the answer is not a success. */
export async function ask<T>(
  url: string,
  request: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<T> {
  const { status, body } = await send(url, request);
  if (status >= 300) {
    throw new Error(`${request.method} ${request.path}: ${status} ${JSON.stringify(body)}`);
  }
  return body as T;
}

export function documentPath(source: string, key: string): string {
  return `/v1/sources/${source}/documents/${key.split("/").map(encodeURIComponent).join("/")}`;
}
