/** Fills an index by its own commits: documents of so many chunks, their vectors made up. */
import {
  digestOf,
  documentId,
  hashChunk,
  placeChunks,
  sourceName,
  type Generation,
  type GenerationId,
  type Permissions,
} from "@tidemark/domain";
import type { DocumentCommit, VectorIndex } from "@tidemark/pipeline";
import { aManifest, aRecipe, aRevision, atMs } from "@tidemark/testing";
import { clusteredVector, dimension } from "./clustered-vectors.ts";

/** Of all documents, what one principal may read. */
export interface Share {
  readonly percent: number;
  readonly principal: string;
  /** Every so-manieth document. */
  readonly every: number;
}

export const shares: readonly Share[] = [
  { percent: 0.1, principal: "group:permille", every: 1_000 },
  { percent: 1, principal: "group:percent", every: 100 },
  { percent: 50, principal: "group:half", every: 2 },
];

const commitsAtOnce = 16;
const source = sourceName("files");

/** One in which everybody may read everything, and one in which nobody may without a group. */
export function searchedGeneration(isPublic: boolean): Generation {
  const id = (isPublic ? "public" : "restricted") as GenerationId;
  const times = { createdAtMs: atMs, activatedAtMs: atMs, retiringSinceMs: null };
  return { id, recipe: aRecipe, fingerprint: "bench", state: "active", ...times };
}

export async function loadIndex(
  index: VectorIndex,
  load: {
    readonly isPublic: boolean;
    readonly chunks: number;
    readonly chunksPerDocument: number;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { id: generation } = searchedGeneration(load.isPublic);
  await index.ensureGeneration(generation, dimension);
  const documents = load.chunks / load.chunksPerDocument;
  for (let from = 0; from < documents; from += commitsAtOnce) {
    load.signal.throwIfAborted();
    const count = Math.min(commitsAtOnce, documents - from);
    const commits = Array.from({ length: count }, (_, at) => commitOf(generation, from + at, load));
    const outcomes = await index.commit(generation, commits, []);
    if (outcomes.includes("lost")) throw new Error("a commit was lost");
  }
}

function commitOf(
  generation: GenerationId,
  at: number,
  {
    chunksPerDocument,
    isPublic,
  }: { readonly chunksPerDocument: number; readonly isPublic: boolean },
): DocumentCommit {
  const id = documentId(source, `document-${at}.md`);
  const principals = shares
    .filter(({ every }) => at % every === 0)
    .map(({ principal }) => principal);
  const permissions: Permissions = isPublic
    ? { kind: "public" }
    : { kind: "only", principals: ["group:nobody", ...principals] };
  const chunks = Array.from({ length: chunksPerDocument }, (_, chunk) =>
    hashChunk({ text: `What is said in part ${chunk} of document ${at}.`, heading: ["Document"] }),
  );
  const revision = aRevision(1);
  const placed = placeChunks(generation, id, chunks);
  const put = placed.map((chunk, place) => ({
    ...chunk,
    documentId: id,
    source,
    revision,
    vector: clusteredVector(at * chunksPerDocument + place),
    tenant: "*",
    embeddedAtMs: atMs,
  }));
  const live = put.map((point) => digestOf(point.id));
  const policy = { tenant: "*", permissions };
  const manifest = aManifest({ documentId: id, revision, policy, indexed: { live } });
  return { manifest, tokenRead: null, put, sweep: null };
}
