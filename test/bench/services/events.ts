/** Everything but the model: events a second through chunker and upserter, vectors made up. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Part, PartContext, PartReport } from "../part.ts";
import { pushSource } from "../sources-config.ts";
import { number } from "../statistics.ts";
import { Fleet, workers, type Worker } from "./fleet.ts";

const settings = { documents: 10_000 };
const quickSettings = { documents: 600 };
const lookEveryMs = 25;
/** Of the records, what a worker has handled when its time begins: it has started by then. */
const begunShare = 0.05;

/** Whose CPU is told. */
const watched = ["chunker", "upserter", "embedder", "Kafka", "Qdrant"];

interface Drained {
  readonly what: string;
  readonly events: number;
  readonly seconds: number;
  /** By process; null where nobody looked. */
  readonly cpuSeconds: ReadonlyMap<string, number> | null;
}

export const servicesEventsPart: Part = {
  name: "services-events",
  title: "As services: events without the model",
  withinMs: 5 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { progress, quick } = context;
    const { documents } = quick ? quickSettings : settings;
    const fleet = await Fleet.start(context, { sources: { app: pushSource }, fixedVectors: true });
    progress("all services are ready");
    const drained: Drained[] = [];
    const note = (each: Drained) => {
      drained.push(each);
      progress(`${each.what}: ${number(each.events / each.seconds)} a second`);
    };

    await fleet.stop(workers);
    note(await pushed(fleet, documents, 0));
    for (const worker of workers) {
      await fleet.start([worker]);
      note({ what: `${worker} alone`, ...(await drain(fleet, [worker], context)) });
      await fleet.stop([worker]);
    }
    note(await pushed(fleet, documents, 1));
    await fleet.start(workers);
    note({ what: "both beside each other", ...(await drain(fleet, workers, context)) });
    await fleet.untilHandled();
    const { failed, searchable } = await fleet.api.freshnessOf("app");
    if (searchable < 2 * documents || failed > 0) {
      throw new Error(`${searchable} of ${2 * documents} documents can be found, ${failed} failed`);
    }
    return reportOf(documents, drained);
  },
};

async function pushed(fleet: Fleet, documents: number, round: number): Promise<Drained> {
  const beganAtMs = performance.now();
  await fleet.push(
    "app",
    Array.from({ length: documents }, (_, at) => ({
      // Other documents: a change of the same one would wait for its window.
      key: `notes-${round}/note-${at}.md`,
      content: `Note ${at} of round ${round}: the tide comes in and goes out again, and what it leaves behind is written down here by whoever keeps the watch.`,
      contentType: "text/markdown",
    })),
  );
  const seconds = (performance.now() - beganAtMs) / 1000;
  return {
    what: round === 0 ? "accepted over HTTP" : "accepted over HTTP, again",
    events: documents,
    seconds,
    cpuSeconds: null,
  };
}

/** From when the first records are handled until the last one is. */
async function drain(
  fleet: Fleet,
  busy: readonly Worker[],
  { signal }: PartContext,
): Promise<Omit<Drained, "what">> {
  const [first = "chunker"] = busy;
  const last = busy.at(-1) ?? first;
  const all = await fleet.lag(first);
  let beganAtMs = performance.now();
  let before = fleet.usage();
  let left = all;
  while (left > all * (1 - begunShare)) {
    await sleep(lookEveryMs, undefined, { signal });
    fleet.throwIfEnded();
    left = await fleet.lag(first);
    beganAtMs = performance.now();
    before = fleet.usage();
  }
  while ((await fleet.lag(first)) > 0 || (await fleet.lag(last)) > 0) {
    await sleep(lookEveryMs, undefined, { signal });
    fleet.throwIfEnded();
  }
  const seconds = (performance.now() - beganAtMs) / 1000;
  const cpuSeconds = new Map(
    fleet.usage().map(({ cpuSeconds: after, name }) => {
      const since = before.find((each) => each.name === name)?.cpuSeconds ?? 0;
      return [name, after - since] as const;
    }),
  );
  return { events: left, seconds, cpuSeconds };
}

function reportOf(documents: number, drained: readonly Drained[]): PartReport {
  return {
    method: `${number(documents)} pushed documents of one chunk each, and as many again. The embedder service answers over gRPC with vectors made from the text's hash, so that what is measured is everything else: reading the log, extracting, cutting, asking for vectors, committing to Qdrant. Documents wait on the log until a worker is started, alone or both together; its time begins when it has handled ${number(begunShare * 100)} % and ends with the last record. The restrictor is done with all of them before.`,
    tables: [
      {
        columns: ["", "events", "events/s", ...watched.map((name) => `CPU ms an event, ${name}`)],
        rows: drained.map(({ cpuSeconds, events, seconds, what }) => [
          what,
          number(events),
          number(events / seconds),
          ...watched.map((name) => {
            const spent = cpuSeconds?.get(name);
            return spent === undefined ? "" : number((spent / events) * 1000, 2);
          }),
        ]),
      },
    ],
    goals: [],
    notes: [],
  };
}
