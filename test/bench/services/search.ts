/** A search through the gateway against the same question to Qdrant; what the services take up. */
import { setTimeout as sleep } from "node:timers/promises";
import { seededChance } from "@tidemark/testing";
import { vectorOfText } from "../clustered-vectors.ts";
import { makeCorpus } from "../corpus.ts";
import { syntheticQuery } from "../fixed-embedder.ts";
import type { Part, PartContext, PartReport, Table } from "../part.ts";
import { pushSource } from "../sources-config.ts";
import { mebibytes, ms, number, percentile } from "../statistics.ts";
import { connectEmbedder } from "./embedder-alone.ts";
import { Fleet, type Usage } from "./fleet.ts";

const goalMs = 2;
const seed = 59;
const limit = 10;
const settings = { documents: 1_000, searches: 400, warmUp: 60 };
const quickSettings = { documents: 60, searches: 30, warmUp: 5 };
const million = 1_000_000;
/** What was written is flushed, and what was given out is collected, within this. */
const restMs = 8_000;

interface Case {
  readonly name: string;
  readonly ask: (query: string, vector: Float32Array) => Promise<unknown>;
  readonly times: number[];
}

export const servicesSearchPart: Part = {
  name: "services-search",
  title: "As services: search against bare Qdrant, and what they take",
  withinMs: 5 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { progress, quick, resources, signal } = context;
    const load = quick ? quickSettings : settings;
    const corpus = makeCorpus(load.documents, seed);
    const fleet = await Fleet.start(context, { sources: { app: pushSource }, fixedVectors: true });
    progress("all services are ready");
    const idle = fleet.usage();
    await sleep(restMs, undefined, { signal });
    const before = fleet.usage();
    const beganAtMs = performance.now();
    await fleet.push(
      "app",
      corpus.map(({ key, text }) => ({ key, content: text, contentType: "text/markdown" })),
    );
    await fleet.untilHandled();
    const filledMs = performance.now() - beganAtMs;
    await sleep(restMs, undefined, { signal });
    const after = fleet.usage();
    const { chunks, searchable } = await fleet.api.freshnessOf("app");
    if (searchable !== load.documents) throw new Error(`${searchable} documents can be found`);
    progress(`${number(chunks)} chunks are in Qdrant`);

    const embedder = resources.use(await connectEmbedder(fleet.grpc));
    const { api } = fleet;
    const cases: readonly Case[] = [
      {
        name: "gateway, best 10 documents",
        ask: (query) => api.search({ query, limit }),
        times: [],
      },
      {
        name: "gateway, best 10 chunks",
        ask: (query) => api.search({ query, limit, per: "chunk" }),
        times: [],
      },
      {
        name: "bare Qdrant, best 10 points with payload",
        ask: (_query, vector) => askQdrant(fleet.qdrant, vector),
        times: [],
      },
      {
        name: "the query's embedding over gRPC",
        ask: (query) => embedder.embed({ texts: [query], purpose: "query", lane: "query", signal }),
        times: [],
      },
    ];
    const chance = seededChance(seed);
    for (let at = -load.warmUp; at < load.searches; at += 1) {
      signal.throwIfAborted();
      const query = `${syntheticQuery}${Math.floor(chance() * million)} ${at}`;
      const vector = vectorOfText(query);
      // In turn, so that whatever else the machine does falls on all of them.
      for (const each of cases) {
        const askedAtMs = performance.now();
        await each.ask(query, vector);
        if (at >= 0) each.times.push(performance.now() - askedAtMs);
      }
    }
    return reportOf({ ...load, chunks, filledMs, cases, idle, before, after });
  },
};

async function askQdrant(
  { collection, url }: Fleet["qdrant"],
  vector: Float32Array,
): Promise<void> {
  const response = await fetch(`${url}/collections/${collection}/points/query`, {
    method: "POST",
    // Compressed answers stall for 40 ms at some sizes.
    headers: { "content-type": "application/json", "accept-encoding": "identity" },
    body: JSON.stringify({
      query: Array.from(vector),
      using: "text",
      limit,
      with_payload: true,
      // As many neighbours in view as Tidemark keeps.
      params: { hnsw_ef: 128 },
    }),
  });
  const answer = (await response.json()) as { readonly result?: { readonly points: unknown[] } };
  if (answer.result?.points.length !== limit) {
    throw new Error(`Qdrant answers ${JSON.stringify(answer).slice(0, 300)}`);
  }
}

function reportOf(run: {
  readonly documents: number;
  readonly searches: number;
  readonly chunks: number;
  readonly filledMs: number;
  readonly cases: readonly Case[];
  readonly idle: readonly Usage[];
  readonly before: readonly Usage[];
  readonly after: readonly Usage[];
}): PartReport {
  const [documents, chunks, bare, embedding] = run.cases.map(({ times }) => times);
  const beyond = (whole: readonly number[] = []) =>
    whole.map((time, at) => time - (bare?.[at] ?? 0) - (embedding?.[at] ?? 0));
  const row = (name: string, times: readonly number[]) => [
    name,
    ms(percentile(times, 0.5)),
    ms(percentile(times, 0.99)),
  ];
  const [beyondDocuments, beyondChunks] = [beyond(documents), beyond(chunks)];
  const p50 = percentile(beyondDocuments, 0.5);
  return {
    method: `${number(run.documents)} Markdown documents varied from the handbook are pushed: ${number(run.chunks)} chunks in Qdrant, their vectors of 384 numbers made from the text's hash by an embedder behind gRPC. ${number(run.searches)} queries, each asked of the gateway over HTTP without a filter, of Qdrant over HTTP with the same vector, and of the embedder alone, in turn by one caller. Beyond both is what the gateway adds, search by search: manifests, decisions, texts. Times in ms. Then what each process took at rest, for ${restMs / 1000} s before the first document, and from the first document until ${restMs / 1000} s after the last, which was ${number(run.filledMs / 1000, 1)} s later.`,
    tables: [
      {
        columns: ["", "p50", "p99"],
        rows: [
          ...run.cases.map(({ name, times }) => row(name, times)),
          row("beyond both, best 10 documents", beyondDocuments),
          row("beyond both, best 10 chunks", beyondChunks),
        ],
      },
      usageTable(run),
    ],
    goals: [
      {
        text: `within ${goalMs} ms of Qdrant at p50, the query's embedding apart`,
        met: p50 <= goalMs,
        found: `${ms(p50)} ms`,
      },
    ],
    notes: [
      `Per million chunks is what these ${number(run.chunks)} took times ${number(million / run.chunks)}, so a proportion and no measurement at that size. The embedder's CPU is that of the service around a model that is not run. Resident memory does not grow with chunks but in Kafka's and Qdrant's caches, and is given as it is.`,
      "Kafka runs as the tests have it: one node, a heap of 512 MiB, the quick compiler alone.",
    ],
  };
}

function usageTable(run: {
  readonly chunks: number;
  readonly filledMs: number;
  readonly idle: readonly Usage[];
  readonly before: readonly Usage[];
  readonly after: readonly Usage[];
}): Table {
  const perMillion = million / run.chunks;
  return {
    columns: [
      "process",
      "CPU at rest, % of a core",
      "resident, MiB",
      "CPU seconds beyond that",
      "CPU hours per million chunks",
      "disk, MiB",
      "disk, GiB per million chunks",
    ],
    rows: run.after.map((after) => {
      const of = (usage: readonly Usage[]) => usage.find(({ name }) => name === after.name);
      const [idle, before] = [of(run.idle), of(run.before)];
      const restSeconds = (before?.cpuSeconds ?? 0) - (idle?.cpuSeconds ?? 0);
      const spanMs = run.filledMs + restMs;
      const atRest = (restSeconds * spanMs) / restMs;
      const cpuSeconds = Math.max(0, after.cpuSeconds - (before?.cpuSeconds ?? 0) - atRest);
      const disk = after.diskBytes === null ? null : after.diskBytes - (before?.diskBytes ?? 0);
      return [
        after.name,
        number((restSeconds / restMs) * 100_000, 1),
        mebibytes(after.residentBytes),
        number(cpuSeconds, 1),
        number((cpuSeconds * perMillion) / 3600, 2),
        disk === null ? "" : mebibytes(disk),
        disk === null ? "" : number((disk * perMillion) / 2 ** 30, 2),
      ];
    }),
  };
}
