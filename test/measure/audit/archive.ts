/** An archive of any size, made up from numbers: as its source lists it, as the log and an index have it. */
import {
  digestOf,
  documentId,
  everyTenant,
  hashChunk,
  placeChunks,
  planIndexed,
  planSeen,
  sha256Hex,
  sourceName,
  stubManifest,
  type Generation,
  type GenerationId,
  type Mutation,
  type MutationDraft,
  type Token,
} from "@tidemark/domain";
import type { DocumentCommit, ServedSource } from "@tidemark/pipeline";
import { aRecipe } from "@tidemark/testing";

/** Of the default model. */
export const dimension = 384;
export const source = sourceName("bucket");
export const generation: Generation = {
  id: "g1" as GenerationId,
  state: "active",
  fingerprint: "measured",
  recipe: aRecipe,
  createdAtMs: 0,
  activatedAtMs: 0,
  retiringSinceMs: null,
};

const wordsPerChunk = 140;
const words =
  "tide gauge harbour light ferry pilot chart anchor sluice quay lamp rope hull mast buoy reef swell ebb flood storm"
    .split(" ")
    .flatMap((word) => ["", "s", "ed", "ing", "ly"].map((ending) => `${word}${ending}`));

export interface Archive {
  readonly documents: number;
  /** Of each document. */
  readonly chunks: number;
}

export function keysOf(from: number, documents: number): readonly string[] {
  return Array.from({ length: documents }, (_, at) => keyAt(from + at));
}

export function draftOf(key: string): MutationDraft {
  return {
    kind: "upsert",
    source,
    documentId: documentId(source, key),
    epoch: 1,
    position: null,
    tenant: everyTenant,
    permissions: { kind: "public" },
    archived: false,
    sourceTimeMs: 0,
    observedAtMs: 0,
    reason: "snapshot",
    metadata: { area: "harbour" },
    sourceDigest: digestAt(key),
    body: {
      content: { kind: "reference", location: key, pin: digestAt(key) },
      contentHash: digestAt(key),
      contentType: "text/markdown",
      fileName: key,
      sizeBytes: 1_000,
    },
    problem: null,
    trace: null,
  };
}

/** As the pipeline would leave it, by its own decisions. */
export function commitOf(draft: MutationDraft, offset: number, chunks: number): DocumentCommit {
  const { epoch, position: _position, ...rest } = draft;
  const mutation = { ...rest, revision: { epoch, position: offset + 1 }, offset } as Extract<
    Mutation,
    { kind: "upsert" }
  >;
  const { documentId: id, revision } = mutation;
  const random = numbersFrom(offset + 1);
  const texts = Array.from({ length: chunks }, (_, at) => `${id} ${at} ${textFrom(random)}`);
  const hashed = texts.map((each) => hashChunk({ text: each, heading: ["Archive"] }));
  const put = placeChunks(generation.id, id, hashed).map(({ digest: _digest, ...chunk }) => ({
    ...chunk,
    documentId: id,
    source,
    revision,
    vector: Float32Array.from({ length: dimension }, () => random() - 0.5),
    tenant: everyTenant,
    embeddedAtMs: 0,
  }));
  const input = { token: sha256Hex(id).slice(0, 24) as Token, nowMs: 0 };
  const plan = planSeen(stubManifest(id, input.token), mutation, input);
  if (plan.kind !== "advance") throw new Error("the first record of a document is always seen");
  const manifest = planIndexed(
    plan.manifest,
    {
      mutation,
      contentHash: mutation.body?.contentHash ?? "",
      fingerprint: generation.fingerprint,
      live: put.map((point) => digestOf(point.id)),
      title: "Archive",
      characters: texts.reduce((sum, text) => sum + text.length, 0),
      failedChunks: 0,
      embedded: true,
    },
    input,
  );
  return { manifest, tokenRead: null, put, sweep: null };
}

/** A listing, and nothing that can be read. */
export function servedArchive({ documents }: Archive): ServedSource {
  return {
    name: source,
    kind: "s3",
    declaresTenants: false,
    declaresPermissions: false,
    defaultPermissions: { kind: "public" },
    defaultTenant: everyTenant,
    line: null,
    from: {
      read: async () => ({ kind: "blocked", reason: "nothing is read here" }),
      async *list() {
        for (let at = 0; at < documents; at += 1) {
          yield { key: keyAt(at), digest: digestAt(keyAt(at)) };
        }
      },
    },
    epoch: () => 1,
    observedUpToMs: () => null,
  };
}

function keyAt(at: number): string {
  return `archive/${String(at).padStart(9, "0")}.md`;
}

function digestAt(key: string): string {
  return sha256Hex(key).slice(0, 32);
}

function textFrom(random: () => number): string {
  const drawn = Array.from(
    { length: wordsPerChunk },
    () => words[Math.floor(random() * words.length)] ?? "",
  );
  return `${drawn.join(" ")}.`;
}

/** The same for the same seed: from 0 up to, and not, 1. */
function numbersFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
