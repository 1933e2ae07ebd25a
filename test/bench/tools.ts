/** The same documents and the same weights through LangChain.js and CocoIndex, cold and changed. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchedProcess } from "./benched-process.ts";
import { modelDirectory, modelFile } from "./chunk-corpus.ts";
import { makeCorpus, withSentence, writeCorpus, type CorpusDocument } from "./corpus.ts";
import { installCocoindex, installLangchain } from "./install-tools.ts";
import { repository } from "./machine.ts";
import type { Goal, Part, PartContext, PartReport } from "./part.ts";
import { folderSource } from "./sources-config.ts";
import { median, ms, number, spread } from "./statistics.ts";
import { ToolProcess, type ToolIndexed, type ToolReady } from "./tool-process.ts";

const seed = 29;
const settings = { documents: 200, rounds: 3 };
const quickSettings = { documents: 24, rounds: 1 };
const changedShare = 0.01;
/** Of the tools' splitters: about as many texts as Tidemark makes. */
const chunkCharacters = 800;
const lookEveryMs = 5;
const toolFile = (name: string) => join(import.meta.dirname, "tools", name);
const tokenizerFile = join(modelDirectory, "tokenizer.json");

interface Measured {
  readonly coldMs: number;
  /** With the start of the process and the opening of the model. */
  readonly fromSpawnMs: number;
  readonly coldTexts: number;
  readonly changedMs: number;
  readonly changedTexts: number;
}

interface Tool {
  readonly name: string;
  /** Versions and store, once known. */
  readonly about: () => string;
  measure(context: PartContext, load: Load): Promise<Measured>;
}

interface Load {
  readonly folder: string;
  readonly scratch: string;
  readonly documents: readonly CorpusDocument[];
  readonly round: number;
  /** Edits one in a hundred documents by a sentence and answers their keys. */
  readonly change: () => Promise<readonly string[]>;
}

export const toolsPart: Part = {
  name: "tools",
  title: "The same through LangChain.js and CocoIndex",
  withinMs: 9 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { directory, progress, quick } = context;
    const { documents: count, rounds } = quick ? quickSettings : settings;
    const documents = makeCorpus(count, seed);
    const notes: string[] = [];
    const tools: Tool[] = [tidemark];
    for (const [name, prepare] of [
      ["LangChain.js", prepareLangchain],
      ["CocoIndex", prepareCocoindex],
    ] as const) {
      try {
        tools.push(await prepare(join(directory, `install-${name}`)));
        progress(`${name} is installed`);
      } catch (error) {
        notes.push(`${name} could not be installed here: ${String(error)}`);
        progress(notes.at(-1) ?? "");
      }
    }
    const measured = new Map<Tool, Measured[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const tool of tools) {
        const place = join(directory, `${tool.name}-${round}`);
        const folder = join(place, "documents");
        await writeCorpus(folder, documents);
        const change = () => changeSome(folder, documents, round);
        const load = { folder, scratch: place, documents, round, change };
        try {
          const found = await tool.measure(context, load);
          measured.set(tool, [...(measured.get(tool) ?? []), found]);
          progress(
            `round ${round + 1}, ${tool.name}: cold ${number(found.coldMs)} ms, ${found.coldTexts} texts; changed ${number(found.changedMs)} ms, ${found.changedTexts} texts`,
          );
        } catch (error) {
          context.signal.throwIfAborted();
          notes.push(`${tool.name} failed in round ${round + 1}: ${String(error).slice(0, 600)}`);
          progress(notes.at(-1) ?? "");
        }
      }
    }
    return reportOf(measured, { count, rounds, notes });
  },
};

const tidemark: Tool = {
  name: "Tidemark",
  about: () => "one process, SQLite, everything durable",
  async measure(context, { change, documents, folder, round, scratch }) {
    await using process = await BenchedProcess.start(context, {
      config: { sources: { files: folderSource(folder) } },
      dataDirectory: join(scratch, "data"),
      ...(round === 0 ? { profileName: "tools" } : {}),
    });
    const doneAtMs = await process.untilSearchable("files", documents.length, context.signal);
    const embedded = () => process.metric("tidemark_chunks_embedded_total");
    const coldTexts = await embedded();
    const path = (key: string) => `/v1/sources/files/documents/${key}`;
    const hashOf = async (key: string) =>
      (await process.ask<View>("GET", path(key))).manifest.indexed?.contentHash;
    const before = new Map<string, string | undefined>();
    for (const { key } of documents) before.set(key, await hashOf(key));
    const changedAtMs = performance.now();
    const changed = await change();
    for (const key of changed) {
      while ((await hashOf(key)) === before.get(key)) await sleep(lookEveryMs);
    }
    const changedMs = performance.now() - changedAtMs;
    const found = {
      coldMs: doneAtMs - process.listeningAtMs,
      fromSpawnMs: doneAtMs - process.spawnedAtMs,
      coldTexts,
      changedMs,
      changedTexts: (await embedded()) - coldTexts,
    };
    await process.stop();
    return found;
  },
};

interface View {
  readonly manifest: { readonly indexed: { readonly contentHash: string } | null };
}

async function prepareLangchain(directory: string): Promise<Tool> {
  await installLangchain(directory);
  const tokenizer = join(repository, "libs/onnx/src/wordpiece-tokenizer.ts");
  return toolOf("LangChain.js", directory, (folder) => [
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    toolFile("langchain-bench.mjs"),
    folder,
    modelFile,
    tokenizer,
    tokenizerFile,
    String(chunkCharacters),
  ]);
}

async function prepareCocoindex(directory: string): Promise<Tool> {
  const python = await installCocoindex(directory);
  const program = toolFile("cocoindex_bench.py");
  return toolOf("CocoIndex", directory, (folder, scratch) => [
    python,
    program,
    folder,
    scratch,
    modelFile,
    tokenizerFile,
    String(chunkCharacters),
  ]);
}

function toolOf(
  name: string,
  cwd: string,
  command: (folder: string, scratch: string) => readonly string[],
): Tool {
  let about = "";
  return {
    name,
    about: () => about,
    async measure(context, { change, folder, scratch }) {
      await using tool = new ToolProcess(command(folder, scratch), {
        cwd,
        environment: { COCOINDEX_DISABLE_USAGE_TRACKING: "1" },
      });
      context.resources.use(tool);
      const ready = await tool.answer<ToolReady>("ready");
      about = `${ready.versions}; ${ready.store}`;
      const cold = await tool.answer<ToolIndexed>("indexed");
      const fromSpawnMs = performance.now() - tool.spawnedAtMs;
      if (cold.stored < cold.texts) throw new Error(`${cold.stored} of ${cold.texts} are stored`);
      await change();
      const changed = await tool.again();
      if (changed.texts === 0) throw new Error("the change was not noticed");
      return {
        coldMs: cold.ms,
        fromSpawnMs,
        coldTexts: cold.texts,
        changedMs: changed.ms,
        changedTexts: changed.texts,
      };
    },
  };
}

async function changeSome(
  folder: string,
  documents: readonly CorpusDocument[],
  round: number,
): Promise<readonly string[]> {
  const count = Math.max(1, Math.round(documents.length * changedShare));
  const step = Math.floor(documents.length / count);
  const changed: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const document = documents[at * step];
    if (!document) continue;
    const path = join(folder, document.key);
    const sentence = `In round ${round} the owner of case ${at} asked for one sentence more.`;
    await writeFile(path, withSentence(await readFile(path, "utf8"), sentence, seed + at));
    changed.push(document.key);
  }
  return changed;
}

function reportOf(
  measured: ReadonlyMap<Tool, readonly Measured[]>,
  run: { readonly count: number; readonly rounds: number; readonly notes: readonly string[] },
): PartReport {
  const rows: string[][] = [];
  const goals: Goal[] = [];
  const [, own = []] = [...measured].find(([tool]) => tool === tidemark) ?? [];
  const seconds = (rounds: readonly Measured[], of: (round: Measured) => number) =>
    spread(
      rounds.map((round) => of(round) / 1000),
      2,
    );
  for (const [tool, rounds] of measured) {
    rows.push([
      tool.name,
      seconds(rounds, (round) => round.coldMs),
      seconds(rounds, (round) => round.fromSpawnMs),
      number(median(rounds.map((round) => round.coldTexts))),
      seconds(rounds, (round) => round.changedMs),
      number(median(rounds.map((round) => round.changedTexts))),
    ]);
    if (tool === tidemark) continue;
    const against = (what: string, of: (round: Measured) => number): void => {
      const [ours, theirs] = [own, rounds].map((each) =>
        each.length ? median(each.map(of)) : null,
      );
      goals.push({
        text: `ahead of ${tool.name}, ${what}`,
        met: ours == null || theirs == null ? null : ours < theirs,
        found: `${ms(ours ?? 0)} ms against ${ms(theirs ?? 0)} ms`,
      });
    };
    against("cold", (round) => round.coldMs);
    against("after a 1 % change", (round) => round.changedMs);
  }
  return {
    method: `${number(run.count)} Markdown documents varied from the handbook, the same weights (int8) on the CPU for all; ${run.rounds} rounds in turn, medians with least and most. Each tool cuts text its own way, at about ${chunkCharacters} characters. Cold: an empty store, from when the model is open. Changed: one document in a hundred gets one more sentence; Tidemark notices by itself, from the writing of the files on, the others are told to look and are timed from there.`,
    tables: [
      {
        columns: [
          "",
          "cold, s",
          "with its start, s",
          "texts embedded",
          "1 % changed, s",
          "texts embedded",
        ],
        rows,
      },
      {
        columns: ["", "as it was run"],
        rows: [...measured.keys()].map((tool) => [tool.name, tool.about()]),
      },
    ],
    goals,
    notes: [
      "LangChain.js: `index()` with incremental clean-up, its record manager and vector store in memory, so that nothing outlives the process; the model runs in its process with onnxruntime's own threads, a text a run.",
      "CocoIndex: files, its splitter, a batched embedding function with onnxruntime in Python, memoized as its own embedders are, and its SQLite target.",
      ...run.notes,
    ],
  };
}
