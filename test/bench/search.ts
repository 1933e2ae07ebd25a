/** Search at 10,000 and 100,000 chunks, filtered by permissions and not; embedding apart. */
import { join } from "node:path";
import { searchIndex } from "@tidemark/pipeline";
import { seededChance } from "@tidemark/testing";
import { SqliteDatabase, SqliteVectorIndex } from "@tidemark/sqlite";
import { BenchedProcess } from "./benched-process.ts";
import { clusteredVector } from "./clustered-vectors.ts";
import { makeCorpus } from "./corpus.ts";
import { syntheticQuery } from "./fixed-embedder.ts";
import { loadIndex, searchedGeneration, shares, type Share } from "./load-index.ts";
import type { Goal, Part, PartContext, PartReport } from "./part.ts";
import { pushSource } from "./sources-config.ts";
import { ms, number, percentile } from "./statistics.ts";

const settings = { sizes: [10_000, 100_000], searches: 300, warmUp: 30, httpDocuments: 1_000 };
const quickSettings = { sizes: [1_000, 5_000], searches: 40, warmUp: 5, httpDocuments: 60 };
const limit = 10;
const chunksPerDocument = 10;
/** Far from the seeds of what is stored, or a query would be one of the vectors themselves. */
const querySeed = 3_000_017;
const checkSeed = 2_000_003;
const checkedSearches = 5;
const scoreTolerance = 1e-5;
const goalsMs = [
  { chunks: 10_000, share: null, p50Ms: 3 },
  { chunks: 100_000, share: null, p50Ms: 20 },
  ...shares.map((share) => ({ chunks: 100_000, share, p50Ms: 10 })),
];

interface Timed {
  readonly chunks: number;
  /** Null without a filter. */
  readonly share: Share | null;
  /** The nearest candidates alone, as the index gives them. */
  readonly candidates: readonly number[];
  /** The whole search but the query's embedding: rounds, manifests, texts. */
  readonly whole: readonly number[];
  readonly found: number;
}

export const searchPart: Part = {
  name: "search",
  title: "Search",
  withinMs: 8 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { directory, progress, quick } = context;
    const load = quick ? quickSettings : settings;
    const timed: Timed[] = [];
    let checked = 0;
    for (const chunks of load.sizes) {
      const place = join(directory, `index-${chunks}`);
      const database = context.resources.use(await SqliteDatabase.open({ directory: place }));
      const index = new SqliteVectorIndex({ database });
      const beganAtMs = performance.now();
      for (const isPublic of [true, false]) {
        await loadIndex(index, { isPublic, chunks, chunksPerDocument, signal: context.signal });
        await index.warm(searchedGeneration(isPublic).id);
      }
      const tookMs = performance.now() - beganAtMs;
      progress(`2 × ${number(chunks)} chunks are loaded in ${number(tookMs)} ms`);
      checked += await checkExact(index, chunks);
      timed.push(...(await timeSearches(index, { ...load, chunks, signal: context.signal })));
      progress(`${number(chunks)} chunks are searched`);
      await database[Symbol.asyncDispose]();
    }
    const http = await timeHttp(context, load);
    return reportOf(timed, http, { ...load, checked });
  },
};

/** Answers how many searches it compared with all vectors one by one. @throws where they differ */
async function checkExact(index: SqliteVectorIndex, chunks: number): Promise<number> {
  const { id } = searchedGeneration(true);
  const narrowing = { tenants: null, principals: [], sources: null, filter: {} };
  const queries = Array.from({ length: checkedSearches }, (_, at) =>
    clusteredVector(checkSeed + at),
  );
  const scores = queries.map(() => new Float32Array(chunks));
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const stored = clusteredVector(chunk);
    for (const [at, query] of queries.entries()) {
      const own = scores[at];
      if (own)
        own[chunk] = query.reduce((sum, value, place) => sum + value * (stored[place] ?? 0), 0);
    }
  }
  for (const [at, vector] of queries.entries()) {
    const best = scores[at]?.toSorted((a, b) => b - a).slice(0, limit) ?? [];
    const found = await index.search(id, { vector, limit, narrowing, excluded: [] });
    const isSame = [...best].every((score, place) => {
      return Math.abs(score - (found[place]?.score ?? 0)) < scoreTolerance;
    });
    if (!isSame) throw new Error(`search ${at} of ${chunks} chunks is not that of all vectors`);
  }
  return queries.length;
}

async function timeSearches(
  index: SqliteVectorIndex,
  run: {
    readonly chunks: number;
    readonly searches: number;
    readonly warmUp: number;
    readonly signal: AbortSignal;
  },
): Promise<readonly Timed[]> {
  const cases = ([null, ...shares] as const).map((share) => ({
    share,
    generation: searchedGeneration(share === null),
    asker: { tenant: null, principals: share === null ? [] : [share.principal] },
    candidates: [] as number[],
    whole: [] as number[],
    found: 0,
  }));
  // In turn, so that whatever else the machine does falls on all of them.
  for (let at = -run.warmUp; at < run.searches; at += 1) {
    run.signal.throwIfAborted();
    const vector = clusteredVector(querySeed + at);
    for (const each of cases) {
      const narrowing = {
        tenants: null,
        principals: each.asker.principals,
        sources: null,
        filter: {},
      };
      const wholeAtMs = performance.now();
      const { hits } = await searchIndex(index, {
        generation: each.generation,
        vector,
        limit,
        per: "document",
        filter: {},
        sources: null,
        asker: each.asker,
        tenants: null,
        preferCurrent: 0,
      });
      const candidatesAtMs = performance.now();
      await index.search(each.generation.id, { vector, limit, narrowing, excluded: [] });
      const doneAtMs = performance.now();
      if (at < 0) continue;
      each.whole.push(candidatesAtMs - wholeAtMs);
      each.candidates.push(doneAtMs - candidatesAtMs);
      each.found += hits.length;
    }
  }
  return cases.map(({ candidates, found, share, whole }) => ({
    chunks: run.chunks,
    share,
    candidates,
    whole,
    found: found / run.searches,
  }));
}

interface TimedHttp {
  readonly chunks: number;
  readonly without: readonly number[];
  readonly with: readonly number[];
}

/** Over HTTP: queries whose vector is made from their hash, and queries that the model embeds. */
async function timeHttp(
  context: PartContext,
  load: { readonly httpDocuments: number; readonly searches: number; readonly warmUp: number },
): Promise<TimedHttp> {
  const process = await BenchedProcess.start(context, {
    config: { sources: { app: pushSource } },
    dataDirectory: join(context.directory, "http"),
    fixedVectors: true,
    profileName: "search",
  });
  const documents = makeCorpus(load.httpDocuments, querySeed);
  for (let from = 0; from < documents.length; from += 100) {
    const lines = documents.slice(from, from + 100);
    await process.bulk(
      "app",
      lines.map(({ key, text }) => ({ key, content: text, contentType: "text/markdown" })),
    );
  }
  await process.untilSearchable("app", documents.length, context.signal);
  const { chunks } = await process.freshnessOf("app");
  context.progress(`${number(chunks)} chunks behind HTTP`);
  const timed = { chunks, without: [] as number[], with: [] as number[] };
  const chance = seededChance(querySeed);
  for (let at = -load.warmUp; at < load.searches; at += 1) {
    context.signal.throwIfAborted();
    const words = documents[Math.floor(chance() * documents.length)]?.text.split(/\s+/u) ?? [];
    const from = Math.floor(chance() * Math.max(1, words.length - 8));
    const query = words.slice(from, from + 8).join(" ") || "freshness";
    for (const kind of ["without", "with"] as const) {
      const beganAtMs = performance.now();
      await process.ask("POST", "/v1/search", {
        query: kind === "with" ? query : `${syntheticQuery}${query}`,
        limit,
      });
      if (at >= 0) timed[kind].push(performance.now() - beganAtMs);
    }
  }
  await process.stop();
  return timed;
}

function reportOf(
  timed: readonly Timed[],
  http: TimedHttp,
  load: { readonly searches: number; readonly checked: number },
): PartReport {
  const both = (times: readonly number[]) =>
    [percentile(times, 0.5), percentile(times, 0.99)].map(ms);
  const goals: Goal[] = goalsMs.map(({ chunks, p50Ms, share }) => {
    const found = timed.find((each) => each.chunks === chunks && each.share === share);
    const p50 = found ? percentile(found.whole, 0.5) : null;
    return {
      text: `p50 of ${p50Ms} ms at ${number(chunks)} chunks, ${share === null ? "no filter" : `${share.percent} % allowed`}`,
      met: p50 === null ? null : p50 <= p50Ms,
      found: p50 === null ? "not measured" : `${ms(p50)} ms`,
    };
  });
  const sameWords = http.with.map((time, at) => time - (http.without[at] ?? 0));
  return {
    method: `Documents of ${chunksPerDocument} chunks with clustered unit vectors of 384 numbers; ${number(load.searches)} searches for the best ${limit} documents, each a new vector, the cases in turn. "Whole" is everything but the query's embedding: candidates, decisions by manifest, texts. "Candidates" is the index's own part of it, asked for ${limit} chunks. Exact, not approximate: ${load.checked} searches were compared with all vectors one by one. A filter names one principal who may read that share of the documents. Times in ms.`,
    tables: [
      {
        columns: ["chunks", "may read", "whole p50", "p99", "candidates p50", "p99", "hits"],
        rows: timed.map(({ candidates, chunks, found, share, whole }) => [
          number(chunks),
          share === null ? "all, no filter" : `${share.percent} %`,
          ...both(whole),
          ...both(candidates),
          number(found, 1),
        ]),
      },
      {
        columns: [`over HTTP, ${number(http.chunks)} chunks`, "p50", "p99"],
        rows: [
          ["without the query's embedding", ...both(http.without)],
          ["with it", ...both(http.with)],
          ["difference, search by search", ...both(sameWords)],
        ],
      },
    ],
    goals,
    notes: [],
  };
}
