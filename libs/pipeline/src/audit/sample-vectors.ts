/** A sample of vectors is made again from their texts: what no digest of a key range could tell. */
import {
  digestOf,
  hashChunk,
  vectorDistance,
  vectorDistanceMax,
  type DocumentId,
  type FoundFault,
  type Point,
} from "@tidemark/domain";
import { PoisonError, TransientError } from "../errors.ts";
import type { AuditRun } from "./audit-run.ts";
import { recutDocuments } from "./recut.ts";

const textsPerRequestMax = 32;
/** Each may have thousands of points, and all of them are held at once. */
const thoroughDocumentsMax = 4;

export interface SampledVectors {
  readonly sampled: number;
  readonly why: string | null;
}

/**
 * One listed point of each document, or all of them; what is wrong is put among what is faulty. Where
 * all are, the documents' content is cut again too.
 */
export async function sampleVectors(
  run: AuditRun,
  documents: readonly DocumentId[],
  { isThorough }: { readonly isThorough: boolean },
): Promise<SampledVectors> {
  if (documents.length === 0) return { sampled: 0, why: null };
  if (!run.embedder)
    return { sampled: 0, why: "this process has no embedder: no vector is compared" };
  const step = isThorough ? thoroughDocumentsMax : textsPerRequestMax;
  let sampled = 0;
  for (let from = 0; from < documents.length; from += step) {
    const page = documents.slice(from, from + step);
    const points = await drawPoints(run, page, isThorough);
    try {
      for (let first = 0; first < points.length; first += textsPerRequestMax) {
        const asked = points.slice(first, first + textsPerRequestMax);
        await comparePoints(run, run.embedder, asked);
        sampled += asked.length;
      }
      if (isThorough) await recutDocuments(run, page);
    } catch (error) {
      const isRefused = error instanceof TransientError || error instanceof PoisonError;
      if (!isRefused) throw error;
      return { sampled, why: `vectors were not all compared: ${error.message}` };
    }
  }
  return { sampled, why: null };
}

async function drawPoints(
  { chance, generation, index }: AuditRun,
  documents: readonly DocumentId[],
  isThorough: boolean,
): Promise<readonly Point[]> {
  const manifests = await index.manifests(generation.id, documents);
  const drawn: Point[] = [];
  for (const [at, id] of documents.entries()) {
    const live = new Set(manifests[at]?.indexed?.live);
    const points = (await index.pointsOf(generation.id, id)).filter((point) =>
      live.has(digestOf(point.id)),
    );
    const point = points[Math.floor(chance() * points.length)];
    if (isThorough) drawn.push(...points);
    else if (point) drawn.push(point);
  }
  return drawn;
}

async function comparePoints(
  { signal, spool }: AuditRun,
  embedder: NonNullable<AuditRun["embedder"]>,
  points: readonly Point[],
): Promise<void> {
  if (points.length === 0) return;
  const { vectors } = await embedder.embed({
    texts: points.map(({ text }) => text),
    purpose: "document",
    lane: "backfill",
    signal,
  });
  const found = points.flatMap((point, at) => {
    const vector = vectors[at];
    const faults = vector ? faultsOf(point, vector) : [];
    return faults.length === 0 ? [] : [{ id: point.documentId, faults }];
  });
  spool.putFaulty(found);
}

function faultsOf(point: Point, vector: Float32Array): readonly FoundFault[] {
  const { chunkHash, textHash } = hashChunk(point);
  if (chunkHash !== point.chunkHash || textHash !== point.textHash) {
    return [{ fault: "stale", detail: "a stored text is not the one that its hash was made of" }];
  }
  const distance = vectorDistance(point.vector, vector);
  if (distance <= vectorDistanceMax) return [];
  const detail = `a stored vector is ${distance.toFixed(3)} from the one that its text has`;
  return [{ fault: "fingerprint", detail }];
}
