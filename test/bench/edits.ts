/** From an edit to the search that finds it, over HTTP: idle, and while a folder is indexed. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchedProcess } from "./benched-process.ts";
import { makeCorpus, writeCorpus, type CorpusDocument } from "./corpus.ts";
import type { Part, PartContext, PartReport } from "./part.ts";
import { folderSource, pushSource } from "./sources-config.ts";
import { ms, number, percentile } from "./statistics.ts";

const seed = 41;
const settings = { edited: 100, backfilled: 5_000, edits: 150, warmUp: 10 };
const quickSettings = { edited: 24, backfilled: 300, edits: 16, warmUp: 3 };
/** Documents of one delivery of the upserter. */
const documentsPerBatch = 16;
/** A folder's edit is looked for as often. */
const lookEveryMs = 5;
const waitMs = 30_000;
const hitsMax = 100;
/** Between edits: people do not edit back to back, and what one leaves behind is not the next's. */
const pauseMs = 30;

interface SearchAnswer {
  readonly results: readonly { readonly text: string }[];
}

interface Way {
  readonly name: string;
  readonly edit: (process: BenchedProcess, at: number) => Promise<number>;
}

export const editsPart: Part = {
  name: "edits",
  title: "From an edit to the search that finds it",
  withinMs: 7 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { directory, progress, quick } = context;
    const load = quick ? quickSettings : settings;
    const documents = makeCorpus(load.edited, seed);
    const [live, bulk] = [join(directory, "live"), join(directory, "bulk")];
    await writeCorpus(live, documents);
    const dataDirectory = join(directory, "data");
    const sources = { files: folderSource(live), app: pushSource };
    const ways = [pushWay(documents), folderWay(live, documents)];

    const first = await BenchedProcess.start(context, {
      config: { sources },
      dataDirectory,
      profileName: "edits-idle",
    });
    await first.untilSearchable("files", documents.length, context.signal);
    await first.bulk(
      "app",
      documents.map(({ key, text }) => ({ key, content: text, contentType: "text/markdown" })),
    );
    await first.untilSearchable("app", documents.length, context.signal);
    progress(`${documents.length} documents in each source`);
    const idle = await editAll(first, ways, { ...load, context, from: 0 });
    progress("idle is measured");
    await first.stop();

    await writeCorpus(bulk, makeCorpus(load.backfilled, seed + 1));
    const second = await BenchedProcess.start(context, {
      config: { sources: { ...sources, bulk: folderSource(bulk) } },
      dataDirectory,
      profileName: "edits-backfill",
    });
    while ((await second.freshnessOf("bulk")).searchable < documentsPerBatch)
      await sleep(lookEveryMs);
    const [beganAtMs, before] = [performance.now(), await second.freshnessOf("bulk")];
    const busy = await editAll(second, ways, { ...load, context, from: load.edits + load.warmUp });
    const after = await second.freshnessOf("bulk");
    const seconds = (performance.now() - beganAtMs) / 1000;
    await second.stop();
    progress("under backfill is measured");
    return reportOf({
      idle,
      busy,
      documents: documents.length,
      backfilled: load.backfilled,
      documentsPerSecond: (after.searchable - before.searchable) / seconds,
      chunksPerSecond: (after.chunks - before.chunks) / seconds,
      left: load.backfilled - after.searchable,
    });
  },
};

/** `PUT`, then a search that waits for the write. */
function pushWay(documents: readonly CorpusDocument[]): Way {
  return {
    name: "PUT → search `after` its token",
    async edit(process, at) {
      const { key, text } = documentAt(documents, at);
      const sentence = sentenceOf(at);
      const content = edited(text, sentence);
      const beganAtMs = performance.now();
      const { token } = await process.ask<{ token: string }>(
        "PUT",
        `/v1/sources/app/documents/${key}`,
        { content, contentType: "text/markdown" },
      );
      const question = questionFor(sentence);
      const query = { ...question, sources: ["app"], after: token, waitMs };
      const answer = await process.ask<SearchAnswer>("POST", "/v1/search", query);
      const tookMs = performance.now() - beganAtMs;
      if (!finds(answer, sentence))
        throw new Error(
          `edit ${at} of ${key} is not found: ${JSON.stringify(answer).slice(0, 300)}`,
        );
      return tookMs;
    },
  };
}

/** A file is written; what the index holds of it is looked at until it has changed, then searched. */
function folderWay(folder: string, documents: readonly CorpusDocument[]): Way {
  return {
    name: "file written → search finds it",
    async edit(process, at) {
      const { key, text } = documentAt(documents, at);
      const sentence = sentenceOf(at);
      const path = `/v1/sources/files/documents/${key}`;
      const before = await hashOf(process, path);
      const beganAtMs = performance.now();
      const content = edited(text, sentence);
      await writeFile(join(folder, key), content);
      while ((await hashOf(process, path)) === before) {
        if (performance.now() - beganAtMs > waitMs) throw new Error(`edit ${at} is not seen`);
        await sleep(lookEveryMs);
      }
      const query = { ...questionFor(sentence), sources: ["files"] };
      const answer = await process.ask<SearchAnswer>("POST", "/v1/search", query);
      const tookMs = performance.now() - beganAtMs;
      if (!finds(answer, sentence))
        throw new Error(
          `edit ${at} of ${key} is not found: ${JSON.stringify(answer).slice(0, 300)}`,
        );
      return tookMs;
    },
  };
}

async function hashOf(process: BenchedProcess, path: string): Promise<string | undefined> {
  const view = await process.ask<{
    readonly manifest: { readonly indexed: { readonly contentHash: string } | null };
  }>("GET", path);
  return view.manifest.indexed?.contentHash;
}

/** A section large enough to be a chunk, with one subject: a chunk is found by its subject. */
const edited = (text: string, sentence: string) =>
  `${text}\n## A remark\n\n${sentence} ${aboutDiagrams}\n`;
const aboutDiagrams =
  "The reviewer found the drawing hard to follow, since its arrows cross and its boxes carry no names. A diagram with fewer lines would show the reviewer what the text means. It should name each box, draw each arrow once, and leave a margin for further remarks. The reviewer offers to draw a first version by hand and to send the diagram along with the next remark. Until then the page stays as it is, with a note that says that a reviewer has asked for a diagram.";

const questionFor = (sentence: string) => ({ query: sentence, limit: hitsMax, per: "chunk" });

const finds = ({ results }: SearchAnswer, sentence: string) =>
  results.some(({ text }) => text.replaceAll(/\s+/gu, " ").includes(sentence));

/** Another document each time, so that none waits for its window. */
function documentAt(documents: readonly CorpusDocument[], at: number): CorpusDocument {
  const document = documents[at % documents.length];
  if (!document) throw new Error("there is nothing to edit");
  return document;
}

const sentenceOf = (at: number) =>
  `Remark ${at + 1} was made by the reviewer called number ${(at * 7919) % 9973}, who asks for a diagram.`;

async function editAll(
  process: BenchedProcess,
  ways: readonly Way[],
  run: {
    readonly edits: number;
    readonly warmUp: number;
    readonly from: number;
    readonly context: PartContext;
  },
): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let at = 0; at < run.warmUp + run.edits; at += 1) {
    for (const way of ways) {
      run.context.signal.throwIfAborted();
      const tookMs = await way.edit(process, run.from + at);
      if (at >= run.warmUp) found.get(way.name)?.push(tookMs);
      await sleep(pauseMs);
    }
  }
  return found;
}

function reportOf(found: {
  readonly idle: ReadonlyMap<string, readonly number[]>;
  readonly busy: ReadonlyMap<string, readonly number[]>;
  readonly documents: number;
  readonly backfilled: number;
  readonly documentsPerSecond: number;
  readonly chunksPerSecond: number;
  readonly left: number;
}): PartReport {
  // A thread's run is a chunk or two; a delivery is what the upserter takes at once.
  const runMs = (availableParallelism() / found.chunksPerSecond) * 1000;
  const deliveryMs = (documentsPerBatch / found.documentsPerSecond) * 1000;
  const rows: string[][] = [];
  const goals = [];
  for (const [name, idle] of found.idle) {
    const busy = found.busy.get(name) ?? [];
    const row = (when: string, times: readonly number[]) =>
      rows.push([
        name,
        when,
        String(times.length),
        ...[0.5, 0.9, 0.99, 1].map((share) => ms(percentile(times, share))),
      ]);
    row("idle", idle);
    row("under backfill", busy);
    const [p99, bound] = [percentile(busy, 0.99), 2 * percentile(idle, 0.99) + runMs];
    goals.push({
      text: `${name}: p99 under backfill at most twice idle's and one batch, taken as one run of the model`,
      met: found.left > 0 ? p99 <= bound : null,
      found: `${ms(p99)} ms against ${ms(bound)} ms`,
    });
  }
  return {
    method: `${number(found.documents)} documents in a pushed source and as many in a watched folder, each given one section more in turn, one edit at a time; found means that a search over HTTP for what the section says has it among its hits. Idle, then with a folder of ${number(found.backfilled)} documents being indexed for the first time. Meanwhile the backfill made ${number(found.documentsPerSecond, 1)} documents, ${number(found.chunksPerSecond)} chunks a second: a chunk takes one of the model's threads ${ms(runMs)} ms, a delivery of ${documentsPerBatch} documents takes ${ms(deliveryMs)} ms. Times in ms.`,
    tables: [{ columns: ["edit", "when", "edits", "p50", "p90", "p99", "most"], rows }],
    goals,
    notes: [
      `${number(found.left)} documents of the backfill were still to come when the last edit was measured${found.left > 0 ? "" : ", so that some edits were measured idle"}.`,
    ],
  };
}
