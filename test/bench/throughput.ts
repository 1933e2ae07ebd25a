/** The whole process on a folder, cold, against the runtime alone on the same chunks. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { BenchedProcess } from "./benched-process.ts";
import { chunkCorpus, type ChunkedCorpus } from "./chunk-corpus.ts";
import { makeCorpus, writeCorpus } from "./corpus.ts";
import type { Part, PartContext, PartReport } from "./part.ts";
import { runtimeLimit } from "./runtime-limit.ts";
import { folderSource } from "./sources-config.ts";
import { median, number, spread } from "./statistics.ts";

const goal = 0.85;
const roundsWithinMs = 5 * 60_000;
const seed = 17;
const settings = { documents: 300, rounds: 3, textsToTry: 150 };
const quickSettings = { documents: 24, rounds: 2, textsToTry: 40 };
/** What runs of the runtime are grouped up to, to find the best; 1 groups nothing. */
const tokensPerRun = [1, 128, 256, 512];

interface Round {
  readonly limitMs: number;
  readonly limitCpuSeconds: number;
  readonly fromListeningMs: number;
  readonly fromSpawnMs: number;
  /** Of all its threads, from when it listened. */
  readonly cpuSeconds: number;
  readonly startCpuSeconds: number;
}

export const throughputPart: Part = {
  name: "throughput",
  title: "Throughput to searchable, against the runtime alone",
  withinMs: 8 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { directory, progress, quick } = context;
    const { documents, rounds, textsToTry } = quick ? quickSettings : settings;
    const corpus = makeCorpus(documents, seed);
    const folder = join(directory, "documents");
    await writeCorpus(folder, corpus);
    const chunked = await chunkCorpus(corpus);
    const workers = availableParallelism();
    progress(`${documents} documents, ${chunked.chunks} chunks, ${chunked.texts.length} different`);
    const tried = await runtimeLimit(context, chunked.ids.slice(0, textsToTry), tokensPerRun);
    const [best] = tried.toSorted((a, b) => a.elapsedMs - b.elapsedMs);
    const tokens = best?.tokensPerRunMax ?? 1;
    progress(`the runtime alone is fastest with ${tokens} tokens a run`);
    const measured: Round[] = [];
    const beganAtMs = performance.now();
    // On a machine that is busy with other things, fewer rounds rather than none.
    while (measured.length < rounds && hasTime(performance.now() - beganAtMs, measured.length)) {
      const [limit] = await runtimeLimit(context, chunked.ids, [tokens]);
      if (!limit) throw new Error("the runtime alone was not measured");
      const round = measured.length;
      const own = await indexCold(context, { folder, documents, round });
      measured.push({ limitMs: limit.elapsedMs, limitCpuSeconds: limit.cpuSeconds, ...own });
      progress(
        `round ${round + 1}: runtime alone ${number(limit.elapsedMs)} ms, whole ${number(own.fromListeningMs)} ms from listening, ${number(own.fromSpawnMs)} ms from its start, ${own.cpuSeconds.toFixed(1)} s of CPU against ${limit.cpuSeconds.toFixed(1)} s`,
      );
    }
    return reportOf(chunked, measured, { documents, workers, tokens });
  },
};

/** Another round is begun when it would end in time, going by those before. */
function hasTime(tookMs: number, rounds: number): boolean {
  return rounds === 0 || tookMs + tookMs / rounds < roundsWithinMs;
}

async function indexCold(
  context: PartContext,
  { documents, folder, round }: { folder: string; documents: number; round: number },
): Promise<Omit<Round, "limitMs" | "limitCpuSeconds">> {
  const process = await BenchedProcess.start(context, {
    config: { sources: { files: folderSource(folder) } },
    dataDirectory: join(context.directory, `data-${round}`),
    profileName: "throughput",
  });
  const startCpuSeconds = process.cpuSeconds();
  const doneAtMs = await process.untilSearchable("files", documents, context.signal);
  const cpuSeconds = process.cpuSeconds() - startCpuSeconds;
  const measured = {
    fromListeningMs: doneAtMs - process.listeningAtMs,
    fromSpawnMs: doneAtMs - process.spawnedAtMs,
    cpuSeconds,
    startCpuSeconds,
  };
  await process.stop();
  return measured;
}

function reportOf(
  { chunks, texts, tokens }: ChunkedCorpus,
  rounds: readonly Round[],
  run: { readonly documents: number; readonly workers: number; readonly tokens: number },
): PartReport {
  const perSecond = (count: number, of: (round: Round) => number) =>
    spread(rounds.map((round) => (count / of(round)) * 1000));
  const limit = (round: Round) => round.limitMs;
  const row = (what: string, of: (round: Round) => number) => [
    what,
    perSecond(run.documents, of),
    perSecond(texts.length, of),
    spread(
      rounds.map((round) => round.limitMs / of(round)),
      3,
    ),
  ];
  const ratio = median(rounds.map((round) => round.limitMs / round.fromListeningMs));
  const cpuRow = (what: string, of: (round: Round) => number) => [
    what,
    spread(rounds.map(of), 2),
    spread(
      rounds.map((round) => of(round) / round.limitCpuSeconds),
      3,
    ),
  ];
  return {
    method: `${number(run.documents)} Markdown documents varied from the handbook, ${number(chunks)} chunks, ${number(texts.length)} different texts of ${number(tokens / texts.length)} tokens on average. The whole process is started on them with an empty data directory, and is done when every document can be found. The runtime alone gets the same texts as tokens, in ${run.workers} threads with ${run.tokens === 1 ? "one text a run" : `texts of equal length grouped up to ${run.tokens} tokens a run`}, the best of the settings tried. ${rounds.length} rounds of each, in turn; medians, with least and most.`,
    tables: [
      {
        columns: ["", "documents/s", "chunks/s", "share of the runtime alone"],
        rows: [
          row("runtime alone", limit),
          row("whole process, from when it listens", (round) => round.fromListeningMs),
          row("whole process, from its start", (round) => round.fromSpawnMs),
        ],
      },
      {
        columns: ["", "CPU seconds", "of the runtime alone"],
        rows: [
          cpuRow("runtime alone", (round) => round.limitCpuSeconds),
          cpuRow("whole process, from when it listens", (round) => round.cpuSeconds),
          cpuRow("whole process, until it listens", (round) => round.startCpuSeconds),
        ],
      },
    ],
    goals: [
      {
        text: `at least ${goal} of the runtime alone, everything included`,
        met: ratio >= goal,
        found: ratio.toFixed(3),
      },
    ],
    notes: [],
  };
}
