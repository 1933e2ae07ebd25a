/** Everything that a Qdrant holds of a deployment's documents, read from the server itself. */
import type { DocumentId, GenerationId } from "@tidemark/domain";
import { openQdrantIndex } from "@tidemark/qdrant";
import type { Config } from "@tidemark/runtime";
import { ask } from "./ask.ts";
import { readDocuments, type ReadDocuments, type Store } from "./read-store.ts";

export type QdrantPlace = Extract<Config["index"], { kind: "qdrant" }>;

interface Status {
  readonly generations: readonly { readonly id: string; readonly state: string }[];
}

interface Scrolled {
  readonly result: {
    readonly points: readonly { readonly payload: { readonly document: string } }[];
    readonly next_page_offset: string | number | null;
  };
}

const pageMax = 1_000;

/** @throws when the process that is asked knows no active generation */
export async function readCluster(
  url: string,
  { index: place, sources }: { readonly index: QdrantPlace; readonly sources: readonly string[] },
): Promise<Store> {
  const { generations } = await ask<Status>(url, { method: "GET", path: "/v1/status" });
  const active = generations.find(({ state }) => state === "active");
  if (!active) throw new Error(`${url} has no active generation`);
  const generation = active.id as GenerationId;
  await using index = await openQdrantIndex({
    url: place.url,
    apiKey: place.apiKey?.reveal() ?? null,
    prefix: place.prefix,
  });
  const found = await readDocuments(index, generation, sources);
  const points = await countPoints(place, generation, found);
  return { ...found, points, strayVectors: 0 };
}

/** Past the adapter: it would not list what it does not expect to be there. */
async function countPoints(
  { apiKey, prefix, url }: QdrantPlace,
  generation: GenerationId,
  { documents, leftovers }: ReadDocuments,
): Promise<number> {
  const counts = new Map<DocumentId, number>();
  let points = 0;
  for (let offset: string | number | null | undefined; offset !== null;) {
    const answer = await fetch(`${url}/collections/${prefix}${generation}/points/scroll`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey ? { "api-key": apiKey.reveal() } : {}),
      },
      body: JSON.stringify({
        filter: { must: [{ key: "kind", match: { value: "point" } }] },
        with_payload: ["document"],
        limit: pageMax,
        ...(offset === undefined ? {} : { offset }),
      }),
    });
    if (!answer.ok) throw new Error(`qdrant: ${answer.status} ${await answer.text()}`);
    const { result } = (await answer.json()) as Scrolled;
    for (const { payload } of result.points) {
      const id = payload.document as DocumentId;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    points += result.points.length;
    offset = result.next_page_offset;
  }
  for (const [id, count] of counts) if (!documents.has(id)) leftovers.set(id, count);
  return points;
}
