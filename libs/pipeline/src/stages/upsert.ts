/**
 * Chunks → points and commits. Takes the vectors it can, embeds the rest, and makes a revision
 * live with one conditional write; who loses decides again with the vectors in hand.
 */
import {
  decideApply,
  diffChunks,
  newestRevisionOf,
  planIndexed,
  placeChunks,
  stubManifest,
  type GenerationId,
  type Manifest,
  type Marker,
  type PlacedChunk,
  type Point,
  type PointDigest,
  type Token,
} from "@tidemark/domain";
import { decodeChunkPart, documentOf, repetitionsBefore, type ChunkPart } from "../chunk-record.ts";
import { PoisonError, TransientError } from "../errors.ts";
import type { PipelineObserver } from "../observer.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { DocumentCommit, VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import type { HandleContext, Stage, Task } from "../run-stage/stage.ts";
import { chunksTopic, upserterGroup } from "../topics.ts";
import { noteFailure } from "./note-failure.ts";
import { PartsLedger } from "./parts-ledger.ts";
import { laneOf, urgencyOf } from "./urgency.ts";
import { UpsertReports } from "./upsert-reports.ts";
import { embedMissing, noVectors, type Vectors } from "./vectors-for.ts";

export interface UpsertDependencies {
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly embedder: Embedder;
  readonly generation: GenerationId;
  readonly fingerprint: string;
  readonly isActive: () => boolean;
  readonly clock: Clock;
  readonly token: () => Token;
  readonly observer: PipelineObserver;
  /** Asks for a document's chunks again, because points of earlier parts are not there. */
  readonly restate: (part: ChunkPart) => Promise<void>;
  /** Everything before the marker is searchable. */
  readonly passed: (marker: Marker, partition: number) => void;
  /** Another process may hold the partition now. */
  readonly lost?: (partition: number) => void;
}

const lossesMax = 16;

/** One part of a document on its way; `previous` parts of the same revision precede it. */
interface Work {
  readonly part: ChunkPart;
  readonly placed: readonly PlacedChunk[];
}

export function upsertStage(dependencies: UpsertDependencies): Stage<ChunkPart> {
  const { index, generation, clock, token } = dependencies;
  const ledger = new PartsLedger();
  const reports = new UpsertReports(dependencies);
  return {
    name: "upserter",
    topic: chunksTopic(generation),
    group: upserterGroup(generation),
    documentsMax: 16,
    concurrency: 2,

    decode: (record) => decodeChunkPart(record.value ?? ""),
    keyOf: documentOf,
    urgencyOf: (part) => urgencyOf(part.mutation.reason),
    // The parts of the newest revision alone: an older one would be superseded once it is live.
    // Not before its last part is here: a marker between the two would claim what is not yet live.
    coalesce(parts) {
      const newest = newestRevisionOf(parts, ({ mutation }) => mutation.revision);
      return newest.some((part) => part.digests !== null) ? newest : parts;
    },

    async handle(tasks, context) {
      // Parts of one document go one after the other, the first parts of all together.
      const rounds = Math.max(...tasks.map((task) => task.items.length));
      for (let round = 0; round < rounds; round += 1) {
        const works = tasks.flatMap((task) => workOf(task.items[round]));
        const isLast = round === rounds - 1;
        await applyAll(works, context, isLast ? tasks : null);
      }
    },

    async setAside(task, error) {
      const part = task.items.at(-1);
      if (!part) throw new Error("a task without items");
      await noteFailure(dependencies, part.mutation, error, part.contentHash);
      await reports.failed(part, error);
      return { documentId: documentOf(part), revision: part.mutation.revision };
    },
    async passMarker(marker, partition) {
      dependencies.passed(marker, partition);
    },
    lost: (partition) => dependencies.lost?.(partition),
  };

  function workOf(part: ChunkPart | undefined): Work[] {
    if (!part) return [];
    const id = documentOf(part);
    return [{ part, placed: placeChunks(generation, id, part.chunks, repetitionsBefore(part)) }];
  }

  async function applyAll(
    works: readonly Work[],
    context: HandleContext,
    tasks: readonly Task<unknown>[] | null,
  ): Promise<void> {
    const vectors = noVectors();
    const beganAtMs = clock.nowMs();
    let open = works;
    for (let losses = 0; open.length > 0; losses += 1) {
      if (losses > lossesMax) throw new TransientError("manifests are contended");
      const manifests = await index.manifests(
        generation,
        open.map(({ part }) => documentOf(part)),
      );
      const applying: { work: Work; manifest: Manifest; found: Manifest | undefined }[] = [];
      for (const [at, work] of open.entries()) {
        const found = manifests[at];
        const manifest = found ?? stubManifest(documentOf(work.part), token());
        const { contentHash, forced, mutation } = work.part;
        const decision = decideApply(manifest, mutation.revision, { contentHash, forced });
        if (decision === "apply") applying.push({ work, manifest, found });
        else await giveUp(work, manifest, decision);
      }
      await findVectors(applying, vectors, context);
      // Before the commit: its progress lets go of the record, and nobody would come by again.
      await reports.refused(
        applying.map(({ work }) => work),
        vectors,
      );
      const commits: { work: Work; commit: DocumentCommit }[] = [];
      for (const { work, manifest, found } of applying) {
        const commit = await prepare(work, manifest, found, vectors);
        if (commit) commits.push({ work, commit });
      }
      const progress = tasks ? context.progressFor(tasks) : [];
      const writeAtMs = clock.nowMs();
      const outcomes = await index.commit(
        generation,
        commits.map(({ commit }) => commit),
        progress,
      );
      const won = commits.filter((_, at) => outcomes[at] === "won").map(({ work }) => work);
      await reports.indexed(won, vectors, ledger, { beganAtMs, writeAtMs });
      open = commits.filter((_, at) => outcomes[at] === "lost").map(({ work }) => work);
    }
  }

  /**
   * Superseded or unchanged: points that this revision wrote ahead are swept by its last part; those
   * of a superseded one also where nobody remembers writing them, as a process that died does not.
   */
  async function giveUp(
    work: Work,
    manifest: Manifest,
    decision: "superseded" | "unchanged",
  ): Promise<void> {
    const { part } = work;
    if (part.digests === null) return;
    const mayHaveWritten = ledger.forget(part) || decision === "superseded";
    if (mayHaveWritten && manifest.indexed) {
      const { revision, live } = manifest.indexed;
      await index.sweep(generation, documentOf(part), { revision, live });
    }
    await reports.passedOver(part, decision);
  }

  async function findVectors(
    applying: readonly { work: Work; manifest: Manifest }[],
    vectors: Vectors,
    { signal, proves }: HandleContext,
  ): Promise<void> {
    const byTenant = new Map<string, PlacedChunk[]>();
    const all: { chunk: PlacedChunk; work: Work }[] = [];
    for (const { work, manifest } of applying) {
      const { forced, mutation } = work.part;
      const live = manifest.indexed?.live ?? [];
      const { fresh } = diffChunks(work.placed, live, { rewrite: forced });
      for (const chunk of fresh) {
        all.push({ chunk, work });
        if (forced) continue;
        const chunks = byTenant.get(mutation.tenant) ?? [];
        byTenant.set(mutation.tenant, [...chunks, chunk]);
      }
    }
    // What is stored may be what is to be made good: nobody in this delivery takes it.
    const distrusted = new Set(
      all.filter(({ work }) => work.part.forced).map(({ chunk }) => chunk.textHash),
    );
    for (const [tenant, chunks] of byTenant) {
      const unknown = chunks.filter(
        ({ textHash }) => !vectors.byHash.has(textHash) && !distrusted.has(textHash),
      );
      if (unknown.length === 0) continue;
      const hashes = [...new Set(unknown.map((chunk) => chunk.textHash))];
      const found = await index.vectorsByText(generation, tenant, hashes);
      for (const [hash, vector] of found) vectors.byHash.set(hash, vector);
      for (const { work, chunk } of all) {
        if (found.has(chunk.textHash)) ledger.reused(work.part, chunk.digest);
      }
    }
    const beganAtMs = clock.nowMs();
    for (const lane of ["live", "liveOther", "backfill"] as const) {
      const wanted = all.filter(
        ({ work }) => laneOf(work.part.mutation.reason, dependencies.isActive()) === lane,
      );
      const chunks = wanted.map(({ chunk: { text, textHash }, work }) => ({
        text,
        textHash,
        payer: { source: work.part.mutation.source, generation },
      }));
      const trace = wanted.find(({ work }) => work.part.mutation.trace)?.work.part.mutation.trace;
      const options = { lane, signal, proves, trace: trace ?? null };
      await embedMissing(dependencies.embedder, chunks, vectors, options);
    }
    vectors.embedMs += clock.nowMs() - beganAtMs;
  }

  /** Null when the part is no commit: an earlier part, or one that has to be asked for again. */
  async function prepare(
    work: Work,
    manifest: Manifest,
    found: Manifest | undefined,
    vectors: Vectors,
  ): Promise<DocumentCommit | null> {
    const { part, placed } = work;
    const { mutation, forced } = part;
    const live = manifest.indexed?.live ?? [];
    const diff = diffChunks(placed, live, { rewrite: forced });
    const put = diff.fresh.flatMap((chunk) => pointOf(work, chunk, vectors) ?? []);
    ledger.noteRefused(part, placed, (chunk) => vectors.refused.has(chunk.textHash));
    ledger.noteParts(part, { kept: diff.kept, put }, vectors);
    if (part.digests === null) {
      await index.putPoints(generation, put);
      return null;
    }
    const refused = ledger.refusedOf(part);
    const listed = part.digests.filter((digest) => !refused.has(digest));
    if (part.parts > 1 && !(await earlierPartsExist(work, listed, live))) {
      ledger.forget(part);
      await dependencies.restate(part);
      return null;
    }
    if (listed.length === 0 && part.digests.length > 0) {
      const first = [...vectors.refused.values()][0];
      throw first ?? new PoisonError("embedding-refused", "no chunk could be embedded");
    }
    const after = new Set(listed);
    ledger.noteRemoved(part, live.filter((digest) => !after.has(digest)).length);
    const committed = planIndexed(
      manifest,
      {
        mutation,
        contentHash: part.contentHash,
        fingerprint: dependencies.fingerprint,
        live: listed,
        title: part.title,
        characters: part.characters,
        failedChunks: refused.size,
        embedded: put.length > 0,
      },
      { token: token(), nowMs: clock.nowMs() },
    );
    return {
      manifest: committed,
      tokenRead: found?.token ?? null,
      put,
      sweep: { revision: mutation.revision, live: listed },
    };
  }

  async function earlierPartsExist(
    { part, placed }: Work,
    listed: readonly PointDigest[],
    live: readonly PointDigest[],
  ): Promise<boolean> {
    const here = new Set(placed.map((chunk) => chunk.digest));
    const before = new Set(live);
    const earlier = listed.filter((digest) => !here.has(digest) && !before.has(digest));
    const exist = await index.existing(generation, documentOf(part), earlier);
    return earlier.every((digest) => exist.has(digest));
  }

  function pointOf({ part }: Work, chunk: PlacedChunk, vectors: Vectors): Point | null {
    const vector = vectors.byHash.get(chunk.textHash);
    if (!vector) return null;
    const { mutation } = part;
    return {
      id: chunk.id,
      documentId: mutation.documentId,
      source: mutation.source,
      revision: mutation.revision,
      text: chunk.text,
      heading: chunk.heading,
      textHash: chunk.textHash,
      chunkHash: chunk.chunkHash,
      vector,
      tenant: mutation.tenant,
      embeddedAtMs: clock.nowMs(),
    };
  }
}
