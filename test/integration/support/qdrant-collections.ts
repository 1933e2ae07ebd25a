/** What tests make on a Qdrant that others may use too, and take away again. */
import type { GenerationId } from "@tidemark/domain";
import { randomUUID } from "node:crypto";

export function freshPrefix(): string {
  return `test_${randomUUID().slice(0, 8)}_`;
}

export function freshGeneration(): GenerationId {
  return `g-${randomUUID().slice(0, 8)}` as GenerationId;
}

export async function collectionNames(url: string, prefix: string): Promise<readonly string[]> {
  const { collections } = (await ask(url, "GET", "/collections")) as {
    readonly collections: readonly { readonly name: string }[];
  };
  return collections.map(({ name }) => name).filter((name) => name.startsWith(prefix));
}

export async function removeCollection(url: string, name: string): Promise<void> {
  await ask(url, "DELETE", `/collections/${name}`);
}

export async function removeAll(url: string, prefix: string): Promise<void> {
  for (const name of await collectionNames(url, prefix)) await removeCollection(url, name);
}

/** Asked plainly, so that what is looked at does not pass through what is tested. */
export async function ask(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { readonly result: unknown };
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer.result;
}
