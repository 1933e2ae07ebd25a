/** From a change in a source to the search that finds it, stage by stage, under half of the load. */
import { setTimeout as sleep } from "node:timers/promises";
import { decodeReceipt, type Receipt } from "@tidemark/domain";
import { receiptsTopic } from "@tidemark/pipeline";
import { findBucketServers } from "../../e2e/support/bucket-servers.ts";
import type { Question, TidemarkApi } from "../../e2e/support/tidemark-api.ts";
import { BucketUnderTest, testCredentials } from "../../servers/bucket-under-test.ts";
import { chunkCorpus } from "../chunk-corpus.ts";
import { makeCorpus, type CorpusDocument } from "../corpus.ts";
import type { Part, PartContext, PartReport } from "../part.ts";
import { pushSource } from "../sources-config.ts";
import { ms, number, percentile } from "../statistics.ts";
import { bestWay, connectEmbedder, timeAlone } from "./embedder-alone.ts";
import { Fleet } from "./fleet.ts";
import { remarkedCorpus, untilFound, type Remarked } from "./remarks.ts";

const goalMs = 1_000;
const seed = 61;
const loadShare = 0.5;
const settings = { probed: 40, probes: 80, loaded: 600, textsToTry: 400, warmUp: 5 };
const quickSettings = { probed: 6, probes: 6, loaded: 60, textsToTry: 64, warmUp: 1 };
const pauseMs = 200;
const recordsMax = 100_000;
/** In the order in which they are passed. */
const stages = ["observe", "queue", "chunk", "wait", "embed", "write", "visible"] as const;
type Stage = (typeof stages)[number];

interface Source {
  readonly name: string;
  readonly title: string;
  readonly put: (key: string, content: string) => Promise<void>;
}

interface Probe {
  readonly documentId: string;
  readonly changedAtMs: number;
  readonly foundAtMs: number;
}

export const servicesFreshnessPart: Part = {
  name: "services-freshness",
  title: "As services: from a change to the search that finds it",
  withinMs: 5 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { progress, quick, resources, signal } = context;
    const load = quick ? quickSettings : settings;
    const bucket = await openBucket(context);
    const fleet = await Fleet.start(context, {
      sources: { app: pushSource, load: pushSource, ...bucket?.config },
      environment: {
        AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
      },
    });
    progress("all services are ready");
    const { api } = fleet;
    const sources: readonly Source[] = [
      {
        name: "app",
        title: "pushed document",
        put: async (key, content) => {
          await api.put("app", key, { content, contentType: "text/markdown" });
        },
      },
      ...(bucket ? [bucket.source] : []),
    ];
    const probed = makeCorpus(load.probed, seed);
    for (const { put } of sources) for (const { key, text } of probed) await put(key, text);
    await fleet.untilHandled();

    const loaded = makeCorpus(load.loaded, seed + 1);
    const chunked = await chunkCorpus(loaded);
    const texts = chunked.texts.slice(0, load.textsToTry);
    const rounds = load.warmUp + load.probes;
    const changes = await remarkedCorpus(probed, rounds * sources.length);
    /** Of each source others: a text that another source had before would not be embedded. */
    const changeOf = (round: number, source: number) => {
      const change = changes[round * sources.length + source];
      if (!change) throw new RangeError(`there is no change for round ${round}`);
      return change;
    };
    const embedder = resources.use(await connectEmbedder(fleet.grpc));
    const asked = await bestWay(embedder, texts, signal);
    const aloneMs = await timeAlone(embedder, texts, asked, signal);
    const chunksPerSecond = (texts.length / aloneMs) * 1000;
    const documentsPerSecond = (chunksPerSecond * loadShare * loaded.length) / chunked.texts.length;
    progress(`the embedder makes ${number(chunksPerSecond)} chunks a second alone`);

    const stop = new AbortController();
    const loading = pushSteadily(api, loaded, {
      perSecond: documentsPerSecond,
      signal: AbortSignal.any([stop.signal, signal]),
    });
    // What it failed with is told when it is waited for.
    loading.catch(() => stop.abort());
    const found = new Map<string, readonly Probe[]>();
    try {
      for (let at = 0; at < load.warmUp; at += 1) {
        for (const [which, source] of sources.entries()) {
          await probe(api, source, changeOf(at, which));
        }
      }
      const probes = new Map<string, Probe[]>(sources.map(({ title }) => [title, []]));
      for (let at = load.warmUp; at < load.warmUp + load.probes; at += 1) {
        for (const [which, source] of sources.entries()) {
          signal.throwIfAborted();
          probes.get(source.title)?.push(await probe(api, source, changeOf(at, which)));
          await sleep(pauseMs);
        }
      }
      for (const [title, each] of probes) found.set(title, each);
    } finally {
      stop.abort();
    }
    const { pushed, seconds } = await loading;
    progress(`${pushed} documents were pushed meanwhile`);
    const receipts = await readReceipts(fleet);
    return reportOf({
      found,
      receipts,
      hasBucket: bucket !== null,
      chunksPerSecond,
      documentsPerSecond: pushed / seconds,
      wantedPerSecond: documentsPerSecond,
      probed: load.probed,
    });
  },
};

async function openBucket({ progress, resources }: PartContext) {
  const servers = await findBucketServers();
  if (servers.kind === "absent") {
    progress(`without S3: no ${servers.name}: ${servers.reason}`);
    return null;
  }
  const bucket = resources.use(await BucketUnderTest.create(resources.use(await servers.start())));
  const { endpoint, name, queue } = bucket;
  const config = {
    uploads: {
      kind: "s3",
      bucket: { name, endpoint, region: "us-east-1" },
      events: { sqs: queue.url, deadLetters: queue.deadLettersUrl, dialect: "aws" },
      tenant: "*",
      permissions: "public",
    },
  };
  const source: Source = {
    name: "uploads",
    title: "object in S3, heard of through SQS",
    put: (key, content) => bucket.put(key, content),
  };
  return { config, source };
}

/** At even times, whether or not what was pushed before is handled. */
async function pushSteadily(
  api: TidemarkApi,
  documents: readonly CorpusDocument[],
  { perSecond, signal }: { readonly perSecond: number; readonly signal: AbortSignal },
): Promise<{ readonly pushed: number; readonly seconds: number }> {
  const beganAtMs = performance.now();
  let pushed = 0;
  while (!signal.aborted) {
    const document = documents[pushed % documents.length];
    if (!document) throw new Error("there is nothing to push");
    // Of another tenant each time around: else its vectors would be at hand.
    const tenant = `round-${Math.floor(pushed / documents.length)}`;
    const { key, text } = document;
    const content = { content: text, contentType: "text/markdown", tenant };
    await api.put("load", `${tenant}/${key}`, content);
    pushed += 1;
    const dueMs = beganAtMs + (pushed / perSecond) * 1000 - performance.now();
    if (dueMs > 0) await sleep(dueMs, undefined, { signal }).catch(() => {});
  }
  return { pushed, seconds: (performance.now() - beganAtMs) / 1000 };
}

/** One document gets a remark; its chunk is searched for until it is found. */
async function probe(api: TidemarkApi, { name, put }: Source, change: Remarked): Promise<Probe> {
  const { key, text } = change;
  const searcher = {
    search: (question: Question) => api.search(question),
    freshness: () => api.freshnessOf(name),
  };
  const changedAtMs = Date.now();
  await put(key, text);
  await untilFound(searcher, change, { source: name, key });
  return { documentId: `${name}/${key}`, changedAtMs, foundAtMs: Date.now() };
}

/** Of what was indexed, by document, in the order in which it was. */
async function readReceipts({ log }: Fleet): Promise<ReadonlyMap<string, readonly Receipt[]>> {
  const byDocument = new Map<string, Receipt[]>();
  for (const { begin, end, partition } of await log.ranges(receiptsTopic)) {
    for (let from = begin; from < end;) {
      const range = { from, to: end, recordsMax };
      const records = await log.read(receiptsTopic, partition, range);
      for (const { value } of records) {
        const receipt = decodeReceipt(value ?? "");
        if (receipt?.stage !== "upserter" || receipt.outcome !== "indexed") continue;
        const of = byDocument.get(receipt.documentId) ?? [];
        byDocument.set(receipt.documentId, [...of, receipt]);
      }
      from = (records.at(-1)?.offset ?? end) + 1;
    }
  }
  return byDocument;
}

/** Null where the receipt of a probe is not there. */
function stagesOf(
  { changedAtMs, foundAtMs, documentId }: Probe,
  receipts: ReadonlyMap<string, readonly Receipt[]>,
): Readonly<Record<Stage, number>> | null {
  const own = receipts
    .get(documentId)
    ?.find(({ observedAtMs }) => (observedAtMs ?? 0) >= changedAtMs);
  if (!own || own.observedAtMs === null) return null;
  const { queueMs = 0, chunkMs = 0, waitMs: waitedMs = 0, embedMs = 0, writeMs = 0 } = own.timings;
  return {
    observe: own.observedAtMs - changedAtMs,
    queue: queueMs,
    chunk: chunkMs,
    wait: waitedMs,
    embed: embedMs,
    write: writeMs,
    // A search may come between the commit and its receipt.
    visible: Math.max(0, foundAtMs - own.atMs),
  };
}

function reportOf(run: {
  readonly found: ReadonlyMap<string, readonly Probe[]>;
  readonly receipts: ReadonlyMap<string, readonly Receipt[]>;
  readonly hasBucket: boolean;
  readonly chunksPerSecond: number;
  readonly documentsPerSecond: number;
  readonly wantedPerSecond: number;
  readonly probed: number;
}): PartReport {
  const both = (times: readonly number[]) =>
    times.length === 0 ? ["", ""] : [0.5, 0.99].map((share) => ms(percentile(times, share)));
  const sources = [...run.found].map(([title, probes]) => {
    const split = probes.flatMap((probed) => stagesOf(probed, run.receipts) ?? []);
    const whole = probes.map(({ changedAtMs, foundAtMs }) => foundAtMs - changedAtMs);
    return { title, probes, split, whole };
  });
  return {
    method: `${number(run.probed)} documents are in each source, and they are given a remark of two sentences in turn, one at a time, in each source other ones, and the text of its chunk is searched for through the gateway until that chunk is found. Meanwhile documents are pushed at even times: ${number(run.documentsPerSecond, 1)} a second, where ${number(run.wantedPerSecond, 1)} are ${number(loadShare * 100)} % of what the embedder, at ${number(run.chunksPerSecond)} chunks a second alone, could embed. Stages are as the receipts of these changes tell them: observe is from the change to its record on the log's clock, queue until it is cut, wait until a delivery of the upserter has it, embed and write the delivery's own, visible from its commit to the answer. Times in ms.`,
    tables: [
      {
        columns: ["", ...sources.flatMap(({ title }) => [`${title}, p50`, "p99"])],
        rows: [
          ["change → found by search", ...sources.flatMap(({ whole }) => both(whole))],
          ...stages.map((stage) => [
            stage,
            ...sources.flatMap(({ split }) => both(split.map((each) => each[stage]))),
          ]),
        ],
      },
    ],
    goals: sources.map(({ title, whole }) => {
      const p99 = percentile(whole, 0.99);
      return { text: `${title}: p99 under 1 s`, met: p99 < goalMs, found: `${ms(p99)} ms` };
    }),
    notes: [
      ...sources.map(
        ({ title, probes, split }) =>
          `${title}: ${probes.length} changes, of which ${split.length} have a receipt to be split by.`,
      ),
      ...(run.hasBucket
        ? [
            "S3 is moto and SQS is ElasticMQ, on this machine; a notification is sent when a put is answered.",
          ]
        : ["Without S3 and SQS: they are not installed here."]),
    ],
  };
}
