/**
 * A sample of what is stored: whether the points that manifests list are there, whether documents of
 * the last sample are still known, and whether stored vectors are what their texts have. Where one
 * sample ends the next begins, so that in time all of the index has been looked at.
 */
import {
  cosineDistance,
  standingOf,
  type DocumentId,
  type GenerationId,
  type Manifest,
  type SourceName,
} from "@tidemark/domain";
import type { VectorIndex } from "../../ports/vector-index.ts";

/** Where the next sample begins, by source, and what was in the last. */
export interface SampleState {
  readonly after: Readonly<Record<string, DocumentId | null>>;
  readonly documents: readonly DocumentId[];
}

export interface Sampled {
  readonly state: SampleState;
  readonly listed: {
    readonly points: number;
    readonly missing: number;
    readonly documents: number;
    readonly forgotten: number;
  };
  readonly stored: readonly number[];
}

const documentsMax = 256;
const listedMax = 2_000;
/** Of these the vectors are read and their texts embedded again. */
const comparedMax = 16;
/** A document of more is not read whole for a single point. */
const chunksOfComparedMax = 200;

export async function sampleIndex(input: {
  readonly index: VectorIndex;
  readonly generation: GenerationId;
  readonly before: SampleState | null;
  readonly embed: (texts: readonly string[]) => Promise<readonly Float32Array[]>;
}): Promise<Sampled> {
  const { before, embed, generation, index } = input;
  const sources = (await index.counts(generation)).map(({ source }) => source);
  const after: Record<string, DocumentId | null> = {};
  const ids: DocumentId[] = [];
  for (const source of sources) ids.push(...(await listSome(source, sources.length)));
  const read = await index.manifests(generation, ids);
  const manifests = read.flatMap((manifest) =>
    manifest && standingOf(manifest) === "searchable" ? [manifest] : [],
  );
  let points = 0;
  let missing = 0;
  for (const manifest of manifests) {
    points += manifest.indexed?.live.length ?? 0;
    missing += await missingOf(manifest);
  }
  const known = before?.documents ?? [];
  const still = known.length === 0 ? [] : await index.manifests(generation, known);
  return {
    state: { after, documents: manifests.map(({ documentId }) => documentId) },
    listed: {
      points,
      missing,
      documents: known.length,
      forgotten: still.filter((manifest) => manifest === undefined).length,
    },
    stored: await compareStored(manifests),
  };

  /** Some of a source's documents, spread over a stretch that follows the last one. */
  async function listSome(source: SourceName, count: number): Promise<readonly DocumentId[]> {
    const limit = Math.ceil(listedMax / count);
    const from = before?.after[source] ?? null;
    const listed = await index.listManifests(generation, source, { after: from, limit });
    after[source] = listed.length < limit ? null : (listed.at(-1)?.documentId ?? null);
    return spread(
      listed.filter(({ deleted }) => !deleted).map(({ documentId }) => documentId),
      Math.ceil(documentsMax / count),
    );
  }

  /** Points that are listed and not there, also when it is looked again: a commit may come between. */
  async function missingOf(manifest: Manifest): Promise<number> {
    const { documentId, indexed, token } = manifest;
    const live = indexed?.live ?? [];
    const there = await index.existing(generation, documentId, live);
    const absent = live.filter((digest) => !there.has(digest));
    if (absent.length === 0) return 0;
    const [now] = await index.manifests(generation, [documentId]);
    if (now?.token !== token) return 0;
    return absent.length;
  }

  async function compareStored(of: readonly Manifest[]): Promise<readonly number[]> {
    const small = of.filter(({ indexed }) => (indexed?.live.length ?? 0) <= chunksOfComparedMax);
    const stored = [];
    for (const { documentId } of spread(small, comparedMax)) {
      const [point] = await index.pointsOf(generation, documentId);
      if (point) stored.push(point);
    }
    if (stored.length === 0) return [];
    const vectors = await embed(stored.map(({ text }) => text));
    return stored.map(({ vector }, at) => cosineDistance(vector, vectors[at] ?? []));
  }
}

function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, at) => all[Math.floor((at * all.length) / most)] as T);
}
