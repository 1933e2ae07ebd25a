/**
 * What travels from Qdrant for an audit, against a comparison in full: every record with its payload and
 * its vector, read in pages. Counted on the wire, by a proxy between the two. The comparison is made
 * twice: as the client reads everything else, and compressed, as the audit reads.
 *
 *   node test/measure/audit-qdrant.ts [documents [chunks]]
 */
import { encodeMutation } from "@tidemark/domain";
import { mutationsTopic, type EventLog } from "@tidemark/pipeline";
import { openQdrantIndex } from "@tidemark/qdrant";
import { LogStore, MemoryEventLog } from "@tidemark/testing";
import { LocalQdrant } from "../servers/qdrant.ts";
import { commitOf, dimension, draftOf, generation, keysOf, type Archive } from "./audit/archive.ts";
import { auditArchive, clock, mib, passAll, problemsOf } from "./audit/audit-archive.ts";
import { CountingProxy } from "./audit/counting-proxy.ts";

const batchDocuments = 128;
const fullPageMax = 1_000;
const shareMax = 0.05;
const prefix = "audited_";

const [documents = 2_000, chunks = 10] = process.argv.slice(2).map(Number);
const archive: Archive = { documents, chunks };
await using server = await LocalQdrant.start();
await using proxy = await CountingProxy.before(server.url);
const log = new MemoryEventLog({ store: new LogStore(1), clock });
await load(log);

await using index = await openQdrantIndex({ url: proxy.url, prefix });
proxy.take();
const audited = await auditArchive(archive, log, index);
const auditBytes = proxy.take();
const plain = await readAll("identity");
const compressed = await readAll("gzip");

const records = documents * (chunks + 1);
console.log(
  `${documents} documents of ${chunks} chunks, ${records} records, audited in ` +
    `${(audited.tookMs / 1_000).toFixed(1)} s: ${audited.certificate.verdict}`,
);
console.log(
  `an audit moves ${mib(auditBytes)} MiB, ${Math.round(auditBytes / records)} bytes a record`,
);
for (const [how, bytes] of [
  ["compressed too", compressed],
  ["as it comes", plain],
] as const) {
  console.log(
    `a comparison in full, ${how}: ${mib(bytes)} MiB; the audit is ` +
      `${((100 * auditBytes) / bytes).toFixed(2)} % of it`,
  );
}
const problems = problemsOf(archive, audited);
for (const problem of problems) console.log(problem);
if (problems.length > 0 || auditBytes > shareMax * compressed) process.exitCode = 1;

async function load(to: EventLog): Promise<void> {
  await using direct = await openQdrantIndex({ url: server.url, prefix });
  await direct.ensureGeneration(generation.id, dimension);
  for (let from = 0; from < documents; from += batchDocuments) {
    const drafts = keysOf(from, Math.min(batchDocuments, documents - from)).map(draftOf);
    const appended = await to.append(
      mutationsTopic,
      drafts.map((draft) => ({ key: draft.documentId, value: encodeMutation(draft) })),
    );
    const commits = drafts.map((draft, at) => commitOf(draft, appended[at]?.offset ?? 0, chunks));
    await direct.commit(generation.id, commits, []);
  }
  await passAll(to);
}

/** @returns bytes on the wire for every record with all that it holds */
async function readAll(encoding: "identity" | "gzip"): Promise<number> {
  proxy.take();
  let read = 0;
  let offset: string | null = null;
  do {
    const url = `${proxy.url}/collections/${prefix}${generation.id}/points/scroll`;
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "accept-encoding": encoding },
      body: JSON.stringify({
        limit: fullPageMax,
        with_payload: true,
        with_vector: true,
        ...(offset === null ? {} : { offset }),
      }),
    });
    const { result } = (await response.json()) as {
      readonly result: {
        readonly points: readonly unknown[];
        readonly next_page_offset: string | null;
      };
    };
    read += result.points.length;
    offset = result.next_page_offset;
  } while (offset !== null);
  if (read < documents * (chunks + 1)) throw new Error(`only ${read} records were read`);
  return proxy.take();
}
