/**
 * What an audit of many documents takes in SQLite: the peak of its memory, its time, the bytes that the
 * index hands over to it and that it reads of the file, against those of a comparison in full. Each size
 * is made and audited in turn, the audit in a process of its own; memory is not to grow with them.
 *
 *   node test/measure/audit.ts [documents ...]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { encodeMutation } from "@tidemark/domain";
import {
  mutationsTopic,
  type AuditedIndex,
  type DocumentCommit,
  type VectorIndex,
} from "@tidemark/pipeline";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "@tidemark/sqlite";
import { manifestRow } from "../../libs/sqlite/src/manifest-row.ts";
import { commitOf, dimension, draftOf, generation, keysOf } from "./audit/archive.ts";
import { auditArchive, mib, passAll, problemsOf } from "./audit/audit-archive.ts";
import { watchMemory } from "./audit/memory-watch.ts";

const batchDocuments = 256;
const chunks = 1;
const shareMax = 0.05;
/** Of the largest size against that of the one before, by which caches are full. */
const growthMax = 1.1;
/** The engine's heap, of each thread: what lives is told apart from garbage that nobody hurried to collect. */
const heapFlags = ["--max-old-space-size=64", "--max-semi-space-size=8"];
const auditFlag = "--audit";

const [, script = "", ...given] = process.argv;
if (given[0] === auditFlag) await auditHere(given[1] ?? "", Number(given[2]), Number(given[3]));
else await measure(given.length > 0 ? given.map(Number) : [10_000, 100_000, 300_000, 1_000_000]);

async function measure(sizes: readonly number[]): Promise<void> {
  const peaks: number[] = [];
  for (const documents of sizes) peaks.push(await measureSize(documents));
  const [largest = 0, before = largest] = peaks.toReversed();
  if (largest > before * growthMax) {
    console.log(`memory grows: ${mib(largest)} MiB after ${mib(before)} MiB`);
    process.exitCode = 1;
  }
}

/** @returns the peak of anonymous memory, in bytes */
async function measureSize(documents: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-audit-"));
  try {
    const wholeBytes = await load(directory, documents);
    const options = [auditFlag, directory, String(documents), String(wholeBytes)];
    const audit = spawn(process.execPath, [...heapFlags, script, ...options], { stdio: "inherit" });
    const ended = once(audit, "exit");
    const peaks = await watchMemory(audit.pid ?? 0, ended);
    const [code] = (await ended) as [number | null];
    if (code !== 0) process.exitCode = 1;
    const { anonymousBytes, residentBytes, spoolBytes } = peaks;
    console.log(
      `  peak memory ${mib(residentBytes)} MiB resident, ${mib(anonymousBytes)} MiB of it ` +
        `anonymous; temporary file ${mib(spoolBytes)} MiB`,
    );
    return anonymousBytes;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @returns bytes of the index in full, as it would hand them over */
async function load(directory: string, documents: number): Promise<number> {
  await using database = await SqliteDatabase.open({ directory });
  const log = new SqliteEventLog({ database });
  const index = new SqliteVectorIndex({ database });
  await index.ensureGeneration(generation.id, dimension);
  const beganAtMs = performance.now();
  let wholeBytes = 0;
  for (let from = 0; from < documents; from += batchDocuments) {
    const drafts = keysOf(from, Math.min(batchDocuments, documents - from)).map(draftOf);
    const records = drafts.map((draft) => ({
      key: draft.documentId,
      value: encodeMutation(draft),
    }));
    const appended = await log.append(mutationsTopic, records);
    const commits = drafts.map((draft, at) => commitOf(draft, appended[at]?.offset ?? 0, chunks));
    wholeBytes += commits.reduce((sum, commit) => sum + bytesOf(commit), 0);
    await index.commit(generation.id, commits, []);
  }
  await passAll(log);
  await database.checkpoint();
  const seconds = Math.round((performance.now() - beganAtMs) / 1_000);
  console.log(`${documents} documents of ${chunks} chunk, made in ${seconds} s`);
  return wholeBytes;
}

async function auditHere(directory: string, documents: number, wholeBytes: number): Promise<void> {
  // Nothing is mapped: what is read is then counted as read, and no page of the file as memory.
  await using database = await SqliteDatabase.open({ directory, mappedBytes: 0 });
  const log = new SqliteEventLog({ database });
  const travelled = { leaves: 0, documents: 0, texts: 0, fileBytes: 0 };
  const index = counting(new SqliteVectorIndex({ database }), travelled);
  const archive = { documents, chunks };
  const audited = await auditArchive(archive, log, index);
  const { listed, logged, manifests, points, rangesCompared, verdict } = audited.certificate;
  const counts = { verdict, listed, logged, manifests, points, rangesCompared };
  console.log(`  ${JSON.stringify(counts)} in ${(audited.tookMs / 1_000).toFixed(1)} s`);
  const share = (travelled.leaves + travelled.documents) / wholeBytes;
  console.log(
    `  handed over by the index: ${mib(travelled.leaves)} MiB of digests, ` +
      `${travelled.documents} bytes of documents in full, ${travelled.texts} calls for texts or ` +
      `vectors: ${(100 * share).toFixed(2)} % of ${mib(wholeBytes)} MiB`,
  );
  const tableBytes = bytesOfTables(directory);
  const fileShare = (100 * travelled.fileBytes) / tableBytes;
  console.log(
    `  read by the index from its file: ${mib(travelled.fileBytes)} MiB, ` +
      `${fileShare.toFixed(1)} % of ${mib(tableBytes)} MiB of manifests, texts and vectors`,
  );
  const problems = problemsOf(archive, audited);
  for (const problem of problems) console.log(`  ${problem}`);
  const isRight = problems.length === 0 && share <= shareMax && travelled.texts === 0;
  if (!isRight) process.exitCode = 1;
}

/** What the index hands over is counted as JSON has it, and what was read meanwhile as the system has it. */
function counting(
  index: SqliteVectorIndex,
  travelled: { leaves: number; documents: number; texts: number; fileBytes: number },
): VectorIndex & AuditedIndex {
  return new Proxy(index, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || typeof name === "symbol") return value;
      const call = value.bind(target) as (...args: readonly unknown[]) => Promise<unknown>;
      return async (...args: readonly unknown[]) => {
        const before = bytesRead();
        const answer = await call(...args);
        travelled.fileBytes += bytesRead() - before;
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

/** By all threads of this process, from files that are in memory too. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)/mu.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? 0);
}

/** All that a comparison in full would be handed over. */
function bytesOf({ manifest, put }: DocumentCommit): number {
  const { manifest: kept, live } = manifestRow(manifest);
  const points = put.map(
    ({ vector: numbers, ...point }) =>
      Buffer.byteLength(JSON.stringify(point)) + numbers.byteLength,
  );
  return Buffer.byteLength(kept) + live.byteLength + points.reduce((sum, each) => sum + each, 0);
}

/** Pages of the tables that a comparison in full has to read; indexes left out. */
function bytesOfTables(directory: string): number {
  using database = new DatabaseSync(join(directory, "tidemark.db"), { readOnly: true });
  const sizes = `
    select sum(pgsize) as bytes from dbstat('main', 1) where name in ('document', 'point', 'vector')`;
  return (database.prepare(sizes).get() as { readonly bytes: number }).bytes;
}
