/** Memory over very many small mutations: what leaks shows in the last tenth. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchedProcess } from "./benched-process.ts";
import type { Part, PartContext, PartReport } from "./part.ts";
import { pushSource } from "./sources-config.ts";
import { mebibytes, median, number } from "./statistics.ts";

const settings = { mutations: 1_000_000, documents: 2_000, sampleEveryMs: 250 };
const quickSettings = { mutations: 50_000, documents: 500, sampleEveryMs: 100 };
const goal = 1.1;
const linesPerRequest = 500;
/** Requests that are under way at once. */
const requestsAtOnce = 2;
/** Changes of one document within it share one run, as in any busy system. */
const window = { wait: "500ms", max: 200 };
const tenths = 10;
const sendWithinMs = 7.5 * 60_000;

interface Sample {
  readonly mutations: number;
  readonly residentBytes: number;
  readonly fileBytes: number;
}

export const memoryPart: Part = {
  name: "memory",
  title: "Memory over many mutations",
  withinMs: 9 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { progress, quick, signal } = context;
    const load = quick ? quickSettings : settings;
    const process = await BenchedProcess.start(context, {
      config: { sources: { app: { ...pushSource, window } } },
      dataDirectory: join(context.directory, "data"),
      fixedVectors: true,
    });
    const samples: Sample[] = [];
    let sent = 0;
    const ended = new AbortController();
    const sampling = (async () => {
      while (!ended.signal.aborted) {
        samples.push({ mutations: sent, ...process.memory() });
        await sleep(load.sampleEveryMs);
      }
    })();
    const beganAtMs = performance.now();
    let told = 0;
    try {
      let next = 0;
      const send = async () => {
        // Where time runs short, what was sent by then is what is told.
        while (next < load.mutations && performance.now() - beganAtMs < sendWithinMs) {
          const from = next;
          const count = Math.min(linesPerRequest, load.mutations - from);
          next += count;
          await process.bulk("app", linesOf(from, count, load.documents));
          sent += count;
          if (sent / load.mutations >= (told + 1) / tenths) {
            told += 1;
            progress(
              `${number(sent)} mutations, ${mebibytes(process.residentBytes())} MiB, ${number((sent / (performance.now() - beganAtMs)) * 1000)}/s`,
            );
          }
        }
      };
      await Promise.all(Array.from({ length: requestsAtOnce }, send));
    } catch (error) {
      // What was measured until then is told with the reason.
      if (samples.length === 0) throw error;
      progress(String(error));
    } finally {
      ended.abort();
      await sampling;
    }
    signal.throwIfAborted();
    const pushedMs = performance.now() - beganAtMs;
    await process.untilSearchable("app", load.documents, signal);
    const drainedMs = performance.now() - beganAtMs - pushedMs;
    const embedded = await process.metric("tidemark_chunks_embedded_total");
    await process.stop();
    return reportOf({ ...load, sent, samples, pushedMs, drainedMs, embedded });
  },
};

/** Each document is changed over and over; the text is never the same. */
function linesOf(from: number, count: number, documents: number): object[] {
  return Array.from({ length: count }, (_, at) => ({
    key: `notes/note-${(from + at) % documents}.md`,
    content: `Note in its state ${from + at}: the tide comes in, and goes out again.`,
    contentType: "text/markdown",
  }));
}

function reportOf(found: {
  readonly mutations: number;
  readonly documents: number;
  readonly sent: number;
  readonly samples: readonly Sample[];
  readonly pushedMs: number;
  readonly drainedMs: number;
  readonly embedded: number;
}): PartReport {
  const bytesIn = (of: "residentBytes" | "fileBytes", tenth: number) => {
    const [from, to] = [tenth, tenth + 1].map((edge) => (edge * found.sent) / tenths);
    const inside = found.samples.filter(
      ({ mutations }) => mutations >= (from ?? 0) && mutations < (to ?? 0),
    );
    return inside.length === 0 ? null : median(inside.map((sample) => sample[of]));
  };
  const all = Array.from({ length: tenths }, (_, tenth) => bytesIn("residentBytes", tenth));
  const [second, last] = [all[1] ?? null, all.at(-1) ?? null];
  const ratio = second === null || last === null ? null : last / second;
  const most = Math.max(...found.samples.map(({ residentBytes }) => residentBytes));
  return {
    method: `${number(found.sent)} mutations of ${number(found.documents)} small documents, pushed as NDJSON over HTTP in requests of ${linesPerRequest}, ${requestsAtOnce} at once; vectors are made up from the text. Changes of one document within ${window.wait} share one run. Resident memory of the process, the median of each tenth of the mutations; pages of files are its programs and what of the database is mapped, which the system takes back when it needs them.`,
    tables: [
      {
        columns: ["tenth", "resident, MiB", "of it pages of files"],
        rows: all.map((bytes, tenth) => [
          String(tenth + 1),
          told(bytes),
          told(bytesIn("fileBytes", tenth)),
        ]),
      },
      {
        columns: ["", ""],
        rows: [
          [
            "mutations a second, accepted and durable",
            number((found.sent / found.pushedMs) * 1000),
          ],
          ["until the last was searchable, s", number(found.drainedMs / 1000, 1)],
          ["chunks embedded", number(found.embedded)],
          ["most resident memory, MiB", mebibytes(most)],
        ],
      },
    ],
    goals: [
      {
        text: `last tenth at most ${goal} of the second`,
        met: ratio === null ? null : ratio <= goal,
        found: ratio === null ? "no sample" : ratio.toFixed(3),
      },
    ],
    notes:
      found.sent < found.mutations
        ? [`${number(found.mutations)} were meant; there was no time for more.`]
        : [],
  };
}

function told(bytes: number | null): string {
  return bytes === null ? "no sample" : mebibytes(bytes);
}
