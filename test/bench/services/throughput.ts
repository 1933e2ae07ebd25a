/** All services on pushed documents, against the embedder service alone on the same chunks. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { chunkCorpus } from "../chunk-corpus.ts";
import { makeCorpus, type CorpusDocument } from "../corpus.ts";
import type { Part, PartContext, PartReport } from "../part.ts";
import { pushSource } from "../sources-config.ts";
import { median, number, spread } from "../statistics.ts";
import { bestWay, connectEmbedder, timeAlone, waysToAsk, type AskedFor } from "./embedder-alone.ts";
import { Fleet } from "./fleet.ts";

const goal = 0.9;
const seed = 53;
/** For each number of threads. */
const roundsWithinMs = 150_000;
const warmUpDocuments = 20;
const settings = { documents: 200, rounds: 3, textsToTry: 256 };
const quickSettings = { documents: 24, rounds: 1, textsToTry: 64 };

interface Round {
  readonly aloneMs: number;
  readonly wholeMs: number;
  readonly aloneCpuSeconds: number;
  /** Of the embedder, of the other services, and of Kafka and Qdrant. */
  readonly cpuSeconds: {
    readonly embedder: number;
    readonly services: number;
    readonly servers: number;
  };
}

interface Measured {
  readonly threads: number;
  readonly asked: AskedFor;
  readonly rounds: readonly Round[];
}

export const servicesThroughputPart: Part = {
  name: "services-throughput",
  title: "As services, to searchable",
  withinMs: 7 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { directory, progress, quick } = context;
    const load = quick ? quickSettings : settings;
    const corpus = makeCorpus(load.documents, seed);
    const { chunks, texts } = await chunkCorpus(corpus);
    progress(`${load.documents} documents, ${chunks} chunks, ${texts.length} different`);
    const measured: Measured[] = [];
    for (const threads of new Set([1, availableParallelism()])) {
      await using resources = new AsyncDisposableStack();
      // Also where the part is stopped meanwhile.
      context.resources.defer(() => resources.disposeAsync());
      const place = join(directory, `threads-${threads}`);
      const own = { ...context, directory: place, resources };
      measured.push(await measure(own, { ...load, corpus, texts, threads }));
    }
    return reportOf({ documents: load.documents, chunks, texts: texts.length, measured });
  },
};

async function measure(
  context: PartContext,
  load: {
    readonly corpus: readonly CorpusDocument[];
    readonly texts: readonly string[];
    readonly textsToTry: number;
    readonly rounds: number;
    readonly threads: number;
  },
): Promise<Measured> {
  const { progress, resources, signal } = context;
  const { corpus, texts, threads } = load;
  const sources = { app: pushSource };
  const fleet = await Fleet.start(context, { sources, embedderThreads: threads });
  const embedder = resources.use(await connectEmbedder(fleet.grpc));
  const asked = await bestWay(embedder, texts.slice(0, load.textsToTry), signal);
  progress(
    `with ${threads} threads the embedder is fastest asked for ${asked.texts} texts, ${asked.atOnce} at once`,
  );
  await pushRound(fleet, corpus.slice(0, warmUpDocuments), "warm-up");
  const rounds: Round[] = [];
  const beganAtMs = performance.now();
  while (rounds.length < load.rounds && hasTime(performance.now() - beganAtMs, rounds.length)) {
    const before = cpuOf(fleet);
    const aloneMs = await timeAlone(embedder, texts, asked, signal);
    const between = cpuOf(fleet);
    const wholeMs = await pushRound(fleet, corpus, `round-${rounds.length}`);
    const after = cpuOf(fleet);
    rounds.push({
      aloneMs,
      wholeMs,
      aloneCpuSeconds: between.embedder - before.embedder,
      cpuSeconds: {
        embedder: after.embedder - between.embedder,
        services: after.services - between.services,
        servers: after.servers - between.servers,
      },
    });
    progress(
      `round ${rounds.length}: embedder alone ${number(aloneMs)} ms, all services ${number(wholeMs)} ms`,
    );
  }
  await checkSearchable(fleet, rounds.length * corpus.length);
  return { threads, asked, rounds };
}

/** Another round is begun when it would end in time, going by those before. */
function hasTime(tookMs: number, rounds: number): boolean {
  return rounds === 0 || tookMs + tookMs / rounds < roundsWithinMs;
}

/** A tenant of its own each round: vectors are shared within one alone, so that all is embedded. */
async function pushRound(
  fleet: Fleet,
  corpus: readonly CorpusDocument[],
  tenant: string,
): Promise<number> {
  const beganAtMs = performance.now();
  await fleet.push(
    "app",
    corpus.map(({ key, text }) => ({
      key: `${tenant}/${key}`,
      content: text,
      contentType: "text/markdown",
      tenant,
    })),
  );
  await fleet.untilHandled();
  return performance.now() - beganAtMs;
}

/** @throws where what was counted as handled is not there to be found */
async function checkSearchable(fleet: Fleet, least: number): Promise<void> {
  const { failed, pending, searchable } = await fleet.api.freshnessOf("app");
  if (searchable >= least && pending === 0 && failed === 0) return;
  throw new Error(`${searchable} documents can be found, ${pending} are pending, ${failed} failed`);
}

const servers = ["Kafka", "Qdrant"];

function cpuOf(fleet: Fleet): Round["cpuSeconds"] {
  const sum = { embedder: 0, services: 0, servers: 0 };
  for (const { cpuSeconds, name } of fleet.usage()) {
    if (name === "embedder") sum.embedder += cpuSeconds;
    else if (servers.includes(name)) sum.servers += cpuSeconds;
    else sum.services += cpuSeconds;
  }
  return sum;
}

function reportOf(run: {
  readonly documents: number;
  readonly chunks: number;
  readonly texts: number;
  readonly measured: readonly Measured[];
}): PartReport {
  const threadsOf = ({ threads }: Measured) => (threads === 1 ? "1 thread" : `${threads} threads`);
  const speed = (of: Measured, what: string, msOf: (round: Round) => number) => [
    `${what}, ${threadsOf(of)}`,
    spread(of.rounds.map((round) => (run.documents / msOf(round)) * 1000)),
    spread(of.rounds.map((round) => (run.texts / msOf(round)) * 1000)),
    spread(
      of.rounds.map((round) => round.aloneMs / msOf(round)),
      3,
    ),
  ];
  const cpu = (of: Measured) => [
    threadsOf(of),
    ...[
      (round: Round) => round.aloneCpuSeconds,
      ({ cpuSeconds }: Round) => cpuSeconds.embedder,
      ({ cpuSeconds }: Round) => cpuSeconds.services,
      ({ cpuSeconds }: Round) => cpuSeconds.servers,
    ].map((secondsOf) => spread(of.rounds.map(secondsOf))),
  ];
  const ways = run.measured.map(({ asked }) => `${asked.texts} a request, ${asked.atOnce} at once`);
  return {
    method: `${number(run.documents)} Markdown documents varied from the handbook, ${number(run.chunks)} chunks, ${number(run.texts)} different texts. The embedder alone is asked over gRPC for the same texts by one caller, the best of ${waysToAsk.length} ways to ask (${ways.join("; ")}), while the other services have nothing to do. Then the documents are pushed over HTTP, for a tenant of their own each round so that no vector is at hand, and are timed until all are live. With one thread of the model everything else has the other cores; with a thread a core it takes its time from the model. Rounds in turn; medians, with least and most.`,
    tables: [
      {
        columns: ["", "documents/s", "chunks/s", "share of the embedder alone"],
        rows: run.measured.flatMap((each) => [
          speed(each, "embedder alone", ({ aloneMs }) => aloneMs),
          speed(each, "all services", ({ wholeMs }) => wholeMs),
        ]),
      },
      {
        columns: [
          "CPU seconds a round",
          "embedder alone",
          "embedder",
          "other services",
          "Kafka and Qdrant",
        ],
        rows: run.measured.map(cpu),
      },
    ],
    goals: run.measured.map((each) => {
      const ratio = median(each.rounds.map(({ aloneMs, wholeMs }) => aloneMs / wholeMs));
      return {
        text: `at least ${goal} of the embedder alone, ${threadsOf(each)}`,
        met: ratio >= goal,
        found: ratio.toFixed(3),
      };
    }),
    notes: [],
  };
}
