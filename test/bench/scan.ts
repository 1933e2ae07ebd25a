/** A scan that finds nothing changed, against listing and looking at the same files and no more. */
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchedProcess } from "./benched-process.ts";
import type { Part, PartContext, PartReport } from "./part.ts";
import { folderSource } from "./sources-config.ts";
import { median, ms, number, spread } from "./statistics.ts";

const settings = { files: 10_000, rounds: 7 };
const quickSettings = { files: 1_000, rounds: 3 };
const filesPerDirectory = 100;
const statsAtOnce = 64;
const goalMs = 1_000;
const readyGoalMs = 5_000;
const lookEveryMs = 5;

export const scanPart: Part = {
  name: "scan",
  title: "A scan that finds nothing",
  withinMs: 4 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { directory, progress, quick, signal } = context;
    const { files, rounds } = quick ? quickSettings : settings;
    const folder = join(directory, "documents");
    await writeFiles(folder, files);
    const options = {
      config: { sources: { files: folderSource(folder) } },
      dataDirectory: join(directory, "data"),
      fixedVectors: true,
    };
    const first = await BenchedProcess.start(context, options);
    const doneAtMs = await first.untilSearchable("files", files, signal);
    const indexedMs = doneAtMs - first.listeningAtMs;
    progress(`${number(files)} files are indexed in ${number(indexedMs)} ms, vectors made up`);
    const scans: number[] = [];
    const looks: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      looks.push(await timed(() => lookAt(folder)));
      scans.push(await timed(() => first.ask("POST", "/v1/reconcile", { source: "files" })));
      progress(
        `round ${round + 1}: scan ${ms(scans.at(-1) ?? 0)} ms, looking ${ms(looks.at(-1) ?? 0)} ms`,
      );
    }
    const embedded = await first.metric("tidemark_chunks_embedded_total");
    if (embedded < files) throw new Error(`only ${embedded} chunks were embedded`);
    await first.stop();

    const second = await BenchedProcess.start(context, { ...options, profileName: "restart" });
    while (!(await second.isReady())) await sleep(lookEveryMs);
    const readyMs = performance.now() - second.spawnedAtMs;
    const again = await second.metric("tidemark_chunks_embedded_total");
    await second.stop();
    return {
      method: `${number(files)} small Markdown files in ${number(files / filesPerDirectory)} directories, all indexed. A scan is asked for over HTTP and answers when it is done; beside it, the same files are listed and looked at (\`stat\`, ${statsAtOnce} at once) by a bare loop. ${rounds} rounds in turn, medians with least and most. Then the process is restarted on the same data.`,
      tables: [
        {
          columns: ["", "ms"],
          rows: [
            ["no-op scan, asked for over HTTP", spread(scans)],
            ["listing and `stat` alone", spread(looks)],
            ["restart: from the start of the process until `/readyz`, its scan done", ms(readyMs)],
          ],
        },
      ],
      goals: [
        {
          text: `no-op scan of 10,000 files in ${number(goalMs)} ms`,
          met: median(scans) <= goalMs,
          found: `${ms(median(scans))} ms for ${number(files)}`,
        },
        {
          text: `restart on 10,000 unchanged files ready in ${number(readyGoalMs)} ms, nothing embedded`,
          met: readyMs <= readyGoalMs && again === 0,
          found: `${ms(readyMs)} ms for ${number(files)}, ${number(again)} chunks embedded`,
        },
      ],
      notes: [],
    };
  },
};

async function writeFiles(folder: string, files: number): Promise<void> {
  for (let at = 0; at < files; at += 1) {
    const directory = join(
      folder,
      `part-${String(Math.floor(at / filesPerDirectory)).padStart(3, "0")}`,
    );
    if (at % filesPerDirectory === 0) await mkdir(directory, { recursive: true });
    const text = `# Note ${at}\n\nThe tide of note ${at} comes in at ${at % 24} and goes out again.\n`;
    await writeFile(join(directory, `note-${at}.md`), text);
  }
}

async function lookAt(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true });
  for (let from = 0; from < entries.length; from += statsAtOnce) {
    const slice = entries.slice(from, from + statsAtOnce);
    await Promise.all(slice.map((entry) => stat(join(folder, entry))));
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganAtMs = performance.now();
  await work();
  return performance.now() - beganAtMs;
}
