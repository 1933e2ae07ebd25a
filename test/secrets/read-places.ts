/** What was written down: files, and what a Qdrant holds. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Place } from "./find-planted.ts";

const pageMax = 1_000;

/** Every file below a directory, but for those that are the secrets' own. */
export function readFiles(
  directory: string,
  { what, without = [] }: { readonly what: string; readonly without?: readonly string[] },
): Place[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !without.some((name) => relative(directory, path).startsWith(name)))
    .map((path) => ({
      where: `${what} ${relative(directory, path)}`,
      content: readFileSync(path),
    }));
}

export async function readQdrant(url: string, apiKey: string): Promise<Place[]> {
  const ask = async (path: string, body?: object): Promise<string> => {
    const answer = await fetch(`${url}${path}`, {
      method: body ? "POST" : "GET",
      headers: { "api-key": apiKey, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.text();
  };
  const listed = JSON.parse(await ask("/collections")) as {
    readonly result: { readonly collections: readonly { readonly name: string }[] };
  };
  return Promise.all(
    listed.result.collections.map(async ({ name }) => ({
      where: `collection ${name}`,
      content: await ask(`/collections/${name}/points/scroll`, {
        with_payload: true,
        with_vector: false,
        limit: pageMax,
      }),
    })),
  );
}
