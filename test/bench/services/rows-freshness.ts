/** From a commit in Postgres to the search that finds it, in both shapes, under half of the load. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import { findLocalPostgres } from "../../servers/postgres.ts";
import { BenchedProcess } from "../benched-process.ts";
import { chunkCorpus } from "../chunk-corpus.ts";
import { makeCorpus, type CorpusDocument } from "../corpus.ts";
import type { Part, PartContext, PartReport } from "../part.ts";
import { ms, number, percentile } from "../statistics.ts";
import { bestWay, connectEmbedder, timeAlone } from "./embedder-alone.ts";
import { Fleet } from "./fleet.ts";
import { remarkedCorpus, untilFound, type Remarked, type Searcher } from "./remarks.ts";

const goalMs = 1_000;
const seed = 71;
const loadShare = 0.5;
const settings = { probed: 40, probes: 100, loaded: 400, textsToTry: 300, warmUp: 5 };
const quickSettings = { probed: 6, probes: 6, loaded: 40, textsToTry: 64, warmUp: 1 };
const pauseMs = 100;

const tablesSql = `
create table probed (id int primary key, title text not null, body text not null);
create table loaded (id bigint primary key generated always as identity, title text not null, body text not null);`;

/** Tidemark as somebody who searches sees it. */
interface Shape extends Searcher {
  readonly title: string;
  readonly database: DatabaseUnderTest;
}

interface Measured {
  readonly title: string;
  readonly foundMs: readonly number[];
  readonly documentsPerSecond: number;
}

export const servicesRowsFreshnessPart: Part = {
  name: "services-rows-freshness",
  title: "From a commit in Postgres to the search that finds it",
  withinMs: 5 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { directory, quick, resources } = context;
    const load = quick ? quickSettings : settings;
    const found = await findLocalPostgres();
    if (found.kind === "absent") throw new Error(found.reason);
    const server = resources.use(await found.start());
    const probed = makeCorpus(load.probed, seed);
    const measured: Measured[] = [];
    let speed: Speed | null = null;
    for (const open of [openServices, openOneProcess]) {
      await using own = new AsyncDisposableStack();
      // Also where the part is stopped meanwhile.
      resources.defer(() => own.disposeAsync());
      const database = own.use(await DatabaseUnderTest.create(server, tablesSql));
      await fill(database, probed);
      const place = { ...context, directory: join(directory, open.name), resources: own };
      const { grpc, shape } = await open(place, database);
      await untilSearchable(shape, load.probed, context.signal);
      speed ??= await speedOfEmbedder(place, { ...load, grpc });
      context.progress(`${shape.title}: ${number(speed.documentsPerSecond, 1)} documents a second`);
      measured.push(await measure(shape, { ...load, context, corpus: probed, speed }));
    }
    if (!speed) throw new Error("nothing was measured");
    return reportOf({ measured, speed, ...load });
  },
};

type Opened = Promise<{ readonly shape: Shape; readonly grpc: string | null }>;

async function openServices(context: PartContext, database: DatabaseUnderTest): Opened {
  const fleet = await Fleet.start(context, { sources: sourcesOf(database) });
  const { api } = fleet;
  const shape: Shape = {
    title: "as services, on Kafka and Qdrant",
    database,
    search: (question) => api.search(question),
    freshness: () => api.freshnessOf("shop"),
  };
  return { shape, grpc: fleet.grpc };
}

async function openOneProcess(context: PartContext, database: DatabaseUnderTest): Opened {
  const process = await BenchedProcess.start(context, {
    config: { sources: sourcesOf(database) },
    dataDirectory: join(context.directory, "data"),
    profileName: "rows-freshness",
  });
  const shape: Shape = {
    title: "one process, on SQLite",
    database,
    search: (question) => process.ask("POST", "/v1/search", question),
    freshness: () => process.freshnessOf("shop"),
  };
  return { shape, grpc: null };
}

function sourcesOf({ slot, url }: DatabaseUnderTest): Readonly<Record<string, object>> {
  const table = { key: "id", text: "{{title}}\n\n{{body}}", permissions: "public" };
  const tables = { "public.probed": table, "public.loaded": table };
  return { shop: { kind: "postgres", url, replication: { slot }, tables } };
}

async function fill(
  database: DatabaseUnderTest,
  documents: readonly CorpusDocument[],
): Promise<void> {
  for (const [id, { key, text }] of documents.entries()) {
    await database.rows("insert into probed values ($1, $2, $3)", [id, key, text]);
  }
}

async function untilSearchable(shape: Shape, documents: number, signal: AbortSignal) {
  for (;;) {
    const { pending, searchable } = await shape.freshness();
    if (searchable >= documents && pending === 0) return;
    await sleep(pauseMs, undefined, { signal });
  }
}

interface Speed {
  readonly chunksPerSecond: number;
  /** Half of what it can do. */
  readonly documentsPerSecond: number;
}

/** Of the service, while nobody else asks it; the one process has the same model on the same cores. */
async function speedOfEmbedder(
  { resources, signal }: PartContext,
  {
    grpc,
    loaded,
    textsToTry,
  }: { readonly grpc: string | null; readonly loaded: number; readonly textsToTry: number },
): Promise<Speed> {
  if (grpc === null) throw new Error("the services come first");
  const chunked = await chunkCorpus(makeCorpus(loaded, seed + 1));
  const texts = chunked.texts.slice(0, textsToTry);
  const embedder = resources.use(await connectEmbedder(grpc));
  const asked = await bestWay(embedder, texts, signal);
  const chunksPerSecond = (texts.length / (await timeAlone(embedder, texts, asked, signal))) * 1000;
  const perDocument = chunked.texts.length / loaded;
  return { chunksPerSecond, documentsPerSecond: (chunksPerSecond * loadShare) / perDocument };
}

async function measure(
  shape: Shape,
  run: {
    readonly context: PartContext;
    readonly corpus: readonly CorpusDocument[];
    readonly speed: Speed;
    readonly loaded: number;
    readonly probes: number;
    readonly warmUp: number;
  },
): Promise<Measured> {
  const { context, corpus, loaded, probes, speed, warmUp } = run;
  const changes = await remarkedCorpus(corpus, warmUp + probes, ({ key, text }) => ({
    // A row is plain text, as its template has it.
    key: "row.txt",
    text: `${key}\n\n${text}`,
  }));
  await using clients = new AsyncDisposableStack();
  const session = async () => {
    const client = await shape.database.session();
    clients.defer(() => client.end());
    return client;
  };
  const [loader, prober] = [await session(), await session()];
  const stop = new AbortController();
  const loading = insertSteadily(loader, {
    loaded,
    perSecond: speed.documentsPerSecond,
    signal: AbortSignal.any([stop.signal, context.signal]),
  });
  // What it failed with is told when it is waited for.
  loading.catch(() => stop.abort());
  const foundMs: number[] = [];
  try {
    for (const [at, change] of changes.entries()) {
      context.signal.throwIfAborted();
      const tookMs = await probe(shape, prober, change, at % corpus.length);
      if (at >= warmUp) foundMs.push(tookMs);
      await sleep(pauseMs);
    }
  } finally {
    stop.abort();
  }
  return { title: shape.title, foundMs, documentsPerSecond: await loading };
}

/** At even times, whether or not what came before is handled. How many a second it came to. */
async function insertSteadily(
  client: Client,
  {
    loaded,
    perSecond,
    signal,
  }: { readonly loaded: number; readonly perSecond: number; readonly signal: AbortSignal },
): Promise<number> {
  const beganAtMs = performance.now();
  let inserted = 0;
  for (let round = 1; !signal.aborted; round += 1) {
    // Other texts each time around: else their vectors would be at hand.
    for (const { key, text } of makeCorpus(loaded, seed + round)) {
      if (signal.aborted) break;
      await client.query("insert into loaded (title, body) values ($1, $2)", [key, text]);
      inserted += 1;
      const dueMs = beganAtMs + (inserted / perSecond) * 1000 - performance.now();
      if (dueMs > 0) await sleep(dueMs, undefined, { signal }).catch(() => {});
    }
  }
  return (inserted / (performance.now() - beganAtMs)) * 1000;
}

/** One row gets a remark; its chunk is searched for until it is found. Milliseconds. */
async function probe(shape: Shape, client: Client, change: Remarked, id: number): Promise<number> {
  // From before it is sent, so no later than its commit.
  const changedAtMs = performance.now();
  await client.query("update probed set body = $2 where id = $1", [id, change.text]);
  await untilFound(shape, change, { source: "shop", key: `public.probed/${id}` });
  return performance.now() - changedAtMs;
}

function reportOf(run: {
  readonly measured: readonly Measured[];
  readonly speed: Speed;
  readonly probed: number;
  readonly probes: number;
}): PartReport {
  const { measured, probed, probes, speed } = run;
  return {
    method: `${number(probed)} rows are given a remark of two sentences in turn, one at a time, ${number(probes)} in all, and the text of its chunk is searched for over HTTP until that chunk is found; from when the update is sent. Meanwhile other rows are inserted at even times: wanted are ${number(speed.documentsPerSecond, 1)} a second, ${number(loadShare * 100)} % of what the embedder service, at ${number(speed.chunksPerSecond)} chunks a second alone, could embed. Postgres, and all of Tidemark, on this one machine. Times in ms.`,
    tables: [
      {
        columns: ["commit → found by search", "p50", "p99", "most", "rows inserted a second"],
        rows: measured.map(({ documentsPerSecond, foundMs, title }) => [
          title,
          ms(percentile(foundMs, 0.5)),
          ms(percentile(foundMs, 0.99)),
          ms(Math.max(...foundMs)),
          number(documentsPerSecond, 1),
        ]),
      },
    ],
    goals: measured.map(({ foundMs, title }) => {
      const p99 = percentile(foundMs, 0.99);
      return { text: `${title}: p99 under 1 s`, met: p99 < goalMs, found: `${ms(p99)} ms` };
    }),
    notes: [],
  };
}
