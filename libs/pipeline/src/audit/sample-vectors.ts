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

const textsPerRequestMax = 32;

export interface SampledVectors {
  readonly sampled: number;
  readonly why: string | null;
}

/** One listed point of each document; what is wrong is put among what is faulty. */
export async function sampleVectors(
  run: AuditRun,
  documents: readonly DocumentId[],
): Promise<SampledVectors> {
  if (documents.length === 0) return { sampled: 0, why: null };
  if (!run.embedder)
    return { sampled: 0, why: "this process has no embedder: no vector is compared" };
  let sampled = 0;
  for (let from = 0; from < documents.length; from += textsPerRequestMax) {
    const points = await drawPoints(run, documents.slice(from, from + textsPerRequestMax));
    try {
      await comparePoints(run, run.embedder, points);
    } catch (error) {
      const isRefused = error instanceof TransientError || error instanceof PoisonError;
      if (!isRefused) throw error;
      return { sampled, why: `vectors were not all compared: ${error.message}` };
    }
    sampled += points.length;
  }
  return { sampled, why: null };
}

async function drawPoints(
  { chance, generation, index }: AuditRun,
  documents: readonly DocumentId[],
): Promise<readonly Point[]> {
  const manifests = await index.manifests(generation.id, documents);
  const drawn: Point[] = [];
  for (const [at, id] of documents.entries()) {
    const live = new Set(manifests[at]?.indexed?.live);
    const points = (await index.pointsOf(generation.id, id)).filter((point) =>
      live.has(digestOf(point.id)),
    );
    const point = points[Math.floor(chance() * points.length)];
    if (point) drawn.push(point);
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
