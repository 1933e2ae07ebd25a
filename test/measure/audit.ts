/**
 * What an audit of many documents takes: the peak of its memory, its time, and the bytes that travel
 * from the index to it against those of a comparison in full.
 *
 *   node test/measure/audit.ts [documents] [chunks of each]
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  digestOf,
  documentId,
  encodeMutation,
  everyTenant,
  hashChunk,
  placeChunks,
  sha256Hex,
  sourceName,
  stubManifest,
  planSeen,
  planIndexed,
  type Generation,
  type GenerationId,
  type Mutation,
  type MutationDraft,
  type Token,
} from "@tidemark/domain";
import {
  Auditor,
  chunkerGroup,
  mutationsTopic,
  restrictorGroup,
  type AuditedIndex,
  type DocumentCommit,
  type ServedSource,
  type VectorIndex,
} from "@tidemark/pipeline";
import {
  SqliteAuditSpool,
  SqliteDatabase,
  SqliteEventLog,
  SqliteVectorIndex,
} from "@tidemark/sqlite";
import { aRecipe } from "@tidemark/testing";
import { manifestRow } from "../../libs/sqlite/src/manifest-row.ts";

const dimension = 384;
const batchDocuments = 256;
const shareMax = 0.05;
const source = sourceName("bucket");
const generation: Generation = {
  id: "g1" as GenerationId,
  state: "active",
  fingerprint: "measured",
  recipe: aRecipe,
  createdAtMs: 0,
  activatedAtMs: 0,
  retiringSinceMs: null,
};
const clock = {
  nowMs: () => Date.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};
const text = "The tide gauge is read every hour, and what it says is written down. ".repeat(14);
const vector = Float32Array.from({ length: dimension }, (_, at) => Math.sin(at + 1));

const [documents = 1_000_000, chunks = 1] = process.argv.slice(2, 4).map(Number);
const directory = process.argv[4];
if (directory !== undefined) await audit(directory, Number(process.argv[5]));
else {
  const made = await mkdtemp(join(tmpdir(), "tidemark-audit-"));
  try {
    const wholeBytes = await load(made);
    // Another process, so that its peak is that of an audit alone.
    const [, script = ""] = process.argv;
    const given = [script, String(documents), String(chunks), made, String(wholeBytes)];
    execFileSync(process.execPath, given, { stdio: "inherit" });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** As the pipeline would leave it, by its own decisions. @returns bytes of index in full */
async function load(path: string): Promise<number> {
  await using database = await SqliteDatabase.open({ directory: path });
  const log = new SqliteEventLog({ database });
  const index = new SqliteVectorIndex({ database });
  await index.ensureGeneration(generation.id, dimension);
  const beganAtMs = Date.now();
  let wholeBytes = 0;
  for (let from = 0; from < documents; from += batchDocuments) {
    const keys = Array.from({ length: Math.min(batchDocuments, documents - from) }, (_, at) =>
      keyAt(from + at),
    );
    const drafts = keys.map(draftOf);
    const appended = await log.append(
      mutationsTopic,
      drafts.map((draft) => ({ key: draft.documentId, value: encodeMutation(draft) })),
    );
    const commits = drafts.map((draft, at) => commitOf(draft, appended[at]?.offset ?? 0));
    wholeBytes += commits.reduce((sum, commit) => sum + bytesOf(commit), 0);
    await index.commit(generation.id, commits, []);
  }
  for (const group of [restrictorGroup(generation.id), chunkerGroup(generation.id)]) {
    await using consumer = await log.consumer(mutationsTopic, group);
    for (const { end, partition } of await log.ranges(mutationsTopic)) {
      await consumer.acknowledge(partition, end);
    }
  }
  console.log(`${documents} documents loaded in ${Math.round((Date.now() - beganAtMs) / 1_000)} s`);
  return wholeBytes;
}

async function audit(path: string, wholeBytes: number): Promise<void> {
  await using database = await SqliteDatabase.open({ directory: path });
  const log = new SqliteEventLog({ database });
  const travelled = { leaves: 0, documents: 0, texts: 0 };
  const index = counting(new SqliteVectorIndex({ database }), travelled);
  const restBytes = process.memoryUsage.rss();
  const beganAtMs = performance.now();
  const silent = () => {};
  const auditor = new Auditor({
    log,
    index,
    clock,
    chance: Math.random,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    sources: new Map([[source, served()]]),
    generation: () => generation,
    embedder: () => null,
    completeUpToMs: () => Date.now(),
    openSpool: () => SqliteAuditSpool.open(),
    configHash: "measured",
    settleMs: 60_000,
    sampleDefault: 0,
    repairsPerSecond: 1,
    rechunk: async () => {},
    token: () => "auditor" as Token,
    health: async () => ({ troubles: [], deadLetters: 0, late: [] }),
    keep: async () => {},
  });
  const asked = { source: null, sample: 0, repair: null };
  const [certificate] = await auditor.audit(asked, new AbortController().signal);
  const tookMs = performance.now() - beganAtMs;
  const peakBytes = process.resourceUsage().maxRSS * 1_024;
  const share = (travelled.leaves + travelled.documents) / wholeBytes;
  const { verdict, listed, logged, manifests, points, documentsRead, rangesCompared } =
    certificate ?? {};
  console.log(
    JSON.stringify({ verdict, listed, logged, manifests, points, documentsRead, rangesCompared }),
  );
  console.log(`audited in ${(tookMs / 1_000).toFixed(1)} s`);
  console.log(`peak memory ${mib(peakBytes)} MiB, ${mib(restBytes)} MiB before it began`);
  console.log(
    `from the index ${mib(travelled.leaves)} MiB as digests, ${travelled.documents} bytes in full, ` +
      `${travelled.texts} texts or vectors: ${(100 * share).toFixed(2)} % of ${mib(wholeBytes)} MiB`,
  );
  const isRight = verdict === "clean" && manifests === documents && points === documents * chunks;
  if (!isRight || share > shareMax || travelled.texts > 0) process.exitCode = 1;
}

/** What the index hands over is counted as JSON has it. */
function counting(
  index: SqliteVectorIndex,
  travelled: { leaves: number; documents: number; texts: number },
): VectorIndex & AuditedIndex {
  return new Proxy(index, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || typeof name === "symbol") return value;
      const call = value.bind(target) as (...args: readonly unknown[]) => Promise<unknown>;
      return async (...args: readonly unknown[]) => {
        const answer = await call(...args);
        const bytes = Buffer.byteLength(
          JSON.stringify(answer, (_key, inner: unknown) =>
            typeof inner === "bigint" ? inner.toString(16) : inner,
          ) ?? "",
        );
        if (name === "manifestLeaves" || name === "pointLeaves") travelled.leaves += bytes;
        else if (name === "indexedDocuments") travelled.documents += bytes;
        else travelled.texts += 1;
        return answer;
      };
    },
  });
}

function keyAt(at: number): string {
  return `archive/${String(at).padStart(9, "0")}.md`;
}

function digestAt(key: string): string {
  return sha256Hex(key).slice(0, 32);
}

function draftOf(key: string): MutationDraft {
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
      sizeBytes: text.length,
    },
    problem: null,
    trace: null,
  };
}

function commitOf(draft: MutationDraft, offset: number): DocumentCommit {
  const { epoch, position: _position, ...rest } = draft;
  const mutation = { ...rest, revision: { epoch, position: offset + 1 }, offset } as Extract<
    Mutation,
    { kind: "upsert" }
  >;
  const { documentId: id, revision } = mutation;
  const texts = Array.from({ length: chunks }, (_, at) => `${id} ${at} ${text}`);
  const hashed = texts.map((each) => hashChunk({ text: each, heading: ["Archive"] }));
  const put = placeChunks(generation.id, id, hashed).map(({ digest: _digest, ...chunk }) => ({
    ...chunk,
    documentId: id,
    source,
    revision,
    vector,
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
      characters: text.length * chunks,
      failedChunks: 0,
      embedded: true,
    },
    input,
  );
  return { manifest, tokenRead: null, put, sweep: null };
}

/** All that a comparison in full would have to read of the index. */
function bytesOf({ manifest, put }: DocumentCommit): number {
  const { manifest: kept, live } = manifestRow(manifest);
  const points = put.map(
    ({ heading, vector: numbers, ...point }) =>
      Buffer.byteLength(JSON.stringify({ ...point, heading })) + numbers.byteLength,
  );
  return Buffer.byteLength(kept) + live.byteLength + points.reduce((sum, each) => sum + each, 0);
}

function served(): ServedSource {
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
        for (let at = 0; at < documents; at += 1)
          yield { key: keyAt(at), digest: digestAt(keyAt(at)) };
      },
    },
    epoch: () => 1,
    observedUpToMs: () => null,
  };
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
