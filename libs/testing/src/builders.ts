/** Things to test with. A test names what it is about; the rest is ordinary. */
import {
  digestOf,
  documentId,
  hashChunk,
  placeChunks,
  sha256Hex,
  sourceName,
  sourceOf,
  type Asker,
  type DocumentId,
  type GenerationId,
  type Indexed,
  type Manifest,
  type Metadata,
  type Mutation,
  type MutationBody,
  type MutationDraft,
  type Permissions,
  type Point,
  type Policy,
  type Recipe,
  type Revision,
  type Seen,
  type Token,
} from "@tidemark/domain";
import { wordVector } from "./memory-embedder.ts";

export const aGeneration = "g1" as GenerationId;
export const aSource = sourceName("files");
export const atMs = Date.UTC(2026, 0, 1);

let tokensMade = 0;
/** Another one each time. */
export function aToken(): Token {
  tokensMade += 1;
  return `t${tokensMade}` as Token;
}

export function anId(key = "guide.md", source = "files"): DocumentId {
  return documentId(sourceName(source), key);
}

/** `3` is position 3 of the first epoch. */
export function aRevision(revision: number | Revision = 1): Revision {
  return typeof revision === "number" ? { epoch: 1, position: revision } : revision;
}

export function only(...principals: readonly string[]): Permissions {
  return { kind: "only", principals };
}

export function aPolicy(policy: Partial<Policy> = {}): Policy {
  return { tenant: "*", permissions: { kind: "public" }, ...policy };
}

export function anAsker(asker: Partial<Asker> = {}): Asker {
  return { tenant: null, principals: [], ...asker };
}

export function aBody(text: string): MutationBody {
  return {
    content: { kind: "text", text },
    contentHash: sha256Hex(text),
    contentType: "text/markdown",
    fileName: null,
    sizeBytes: Buffer.byteLength(text),
  };
}

interface MutationParts {
  readonly documentId?: DocumentId;
  readonly revision?: number | Revision;
  readonly offset?: number;
  readonly text?: string | null;
  readonly permissions?: Permissions;
  readonly tenant?: string;
  readonly metadata?: Metadata;
  readonly archived?: boolean;
  readonly reason?: MutationDraft["reason"];
  readonly sourceDigest?: string | null;
}

const ordinary = { sourceTimeMs: atMs, observedAtMs: atMs, problem: null, trace: null };

/** An upsert; at an offset one below its position, as a pushed one has it. */
export function aMutation(parts: MutationParts = {}): Extract<Mutation, { kind: "upsert" }> {
  const id = parts.documentId ?? anId();
  const revision = aRevision(parts.revision);
  const { text = "the tide comes in" } = parts;
  return {
    ...ordinary,
    kind: "upsert",
    source: sourceOf(id),
    documentId: id,
    revision,
    offset: parts.offset ?? Math.max(0, revision.position - 1),
    tenant: parts.tenant ?? "*",
    permissions: parts.permissions ?? { kind: "public" },
    archived: parts.archived ?? false,
    reason: parts.reason ?? "change",
    metadata: parts.metadata ?? {},
    sourceDigest: parts.sourceDigest ?? null,
    body: text === null ? null : aBody(text),
  };
}

export function aDelete(parts: MutationParts = {}): Extract<Mutation, { kind: "delete" }> {
  const unknown: Permissions = { kind: "unknown" };
  return { ...aMutation({ permissions: unknown, ...parts, text: null }), kind: "delete" };
}

export function aFacet(
  facet: Extract<Mutation, { kind: "facet" }>["facet"],
  parts: MutationParts = {},
): Extract<Mutation, { kind: "facet" }> {
  return { ...aMutation({ ...parts, text: null }), kind: "facet", facet };
}

/** The same as a producer states it. */
export function aDraft(parts: MutationParts = {}): MutationDraft {
  const { revision, offset: _offset, ...rest } = aMutation(parts);
  return { ...rest, epoch: revision.epoch, position: revision.position };
}

interface ManifestParts {
  readonly documentId?: DocumentId;
  readonly revision?: number | Revision;
  readonly token?: Token;
  readonly seen?: Partial<Seen>;
  /** Null for a document that was seen and is not yet indexed. */
  readonly indexed?: Partial<Indexed> | null;
  readonly policy?: Policy;
  readonly metadata?: Metadata;
  readonly failure?: Manifest["failure"];
}

/** A manifest whose halves agree, unless told otherwise. */
export function aManifest(parts: ManifestParts = {}): Manifest {
  const id = parts.documentId ?? anId();
  const revision = aRevision(parts.revision);
  const policy = parts.policy ?? aPolicy();
  const times = { sourceTimeMs: atMs, observedAtMs: atMs };
  const seen: Seen = {
    ...times,
    revision,
    offset: Math.max(0, revision.position - 1),
    deleted: false,
    archived: false,
    policy,
    metadata: parts.metadata ?? {},
    contentHash: "content",
    sourceDigest: "digest",
    seenAtMs: atMs,
    ...parts.seen,
  };
  const indexed: Indexed = {
    ...times,
    revision,
    policy,
    contentHash: "content",
    fingerprint: "fingerprint",
    live: [],
    title: null,
    characters: 100,
    failedChunks: 0,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    embeddedAtMs: atMs,
    ...parts.indexed,
  };
  return {
    documentId: id,
    source: sourceOf(id),
    token: parts.token ?? aToken(),
    seen,
    indexed: parts.indexed === null ? null : indexed,
    failure: parts.failure ?? null,
    copied: seen.revision,
  };
}

interface PointParts {
  readonly generation?: GenerationId;
  readonly documentId?: DocumentId;
  readonly revision?: number | Revision;
  readonly tenant?: string;
  readonly dimension?: number;
  readonly vectorOf?: (text: string) => Float32Array;
}

/** A document's points for its chunks, in order; equal texts are told apart by repetition. */
export function somePoints(texts: readonly string[], parts: PointParts = {}): Point[] {
  const id = parts.documentId ?? anId();
  const { generation = aGeneration, dimension = 32 } = parts;
  const vectorOf = parts.vectorOf ?? ((text) => wordVector(text, { dimension }));
  const chunks = texts.map((text) => hashChunk({ text, heading: ["Guide"] }));
  return placeChunks(generation, id, chunks).map((chunk) => ({
    id: chunk.id,
    documentId: id,
    source: sourceOf(id),
    revision: aRevision(parts.revision),
    text: chunk.text,
    heading: chunk.heading,
    textHash: chunk.textHash,
    chunkHash: chunk.chunkHash,
    vector: vectorOf(chunk.text),
    tenant: parts.tenant ?? "*",
    embeddedAtMs: atMs,
  }));
}

export function aPoint(parts: PointParts & { readonly text?: string } = {}): Point {
  const [point] = somePoints([parts.text ?? "the tide comes in"], parts);
  if (!point) throw new Error("one text makes one point");
  return point;
}

export const digestsOf = (points: readonly Point[]) => points.map((point) => digestOf(point.id));

/** The recipe of a memory embedder and small chunks. */
export const aRecipe: Recipe = {
  embedder: { name: "default", kind: "memory", model: "bag-of-words" },
  space: {
    model: "bag-of-words",
    weightsDigest: "weights",
    tokenizerDigest: "words",
    dimension: 32,
    tokensMax: 64,
    pooling: "sum",
    metric: "cosine",
    documentPrefix: "",
    queryPrefix: "",
  },
  chunker: { kind: "structure", version: "1", tokensMax: 8, chunksMax: 1_000 },
  normalizer: { form: "NFC", version: "1" },
  extraction: { version: "1" },
};
