/** A table into Kafka, whole and as it changes: Tidemark's connector against Debezium on Kafka Connect. */
import { setTimeout as sleep } from "node:timers/promises";
import { debeziumVersion } from "../../servers/connect-install.ts";
import { DebeziumConnect, notInstalled } from "../../servers/connect.ts";
import { usualFlags } from "../../servers/connect-worker.ts";
import { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import { findLocalPostgres } from "../../servers/postgres.ts";
import type { Part, PartContext, PartReport } from "../part.ts";
import { cpuSecondsOf, forgetPeak, memoryOf, peakBytesOf } from "../process-usage.ts";
import { mebibytes, median, number, spread } from "../statistics.ts";
import { DebeziumSide, TidemarkSide, type CaptureSide } from "./capture-sides.ts";
import { Fleet } from "./fleet.ts";

const settings = { rows: 100_000, changes: 50_000, rounds: 3 };
const quickSettings = { rows: 10_000, changes: 5_000, rounds: 1 };
const changesPerTransaction = 20;
const lookEveryMs = 20;
/** Of the memory of the one that it is compared with. */
const fractionGoal = 0.5;
const others = [
  "ingestor",
  "restrictor",
  "chunker",
  "embedder",
  "upserter",
  "freshness",
  "gateway",
] as const;

const tableSql = `
create table items (id bigint primary key, title text not null, body text not null, price numeric(12, 2), changed_at timestamptz not null default now());`;
const fillSql = (rows: number) => `
insert into items select n, 'Item ' || n, repeat(md5(n::text) || ' ', 14), n / 100.0, now() from generate_series(1, ${rows}) n;
analyze items;`;
/** By Postgres itself, in small transactions, so that no client bounds it. */
const changeSql = (changes: number) => `
do $$ begin
  for at in 0..${changes / changesPerTransaction - 1} loop
    update items set title = md5(random()::text), changed_at = now()
      where id > at * ${changesPerTransaction} and id <= (at + 1) * ${changesPerTransaction};
    commit;
  end loop;
end $$;`;

interface Turn {
  /** From the first row in Kafka to the last. */
  readonly ms: number;
  /** From when it was told to begin. */
  readonly wholeMs: number;
  readonly cpuSeconds: number;
}

interface Measured {
  readonly name: string;
  readonly snapshot: readonly Turn[];
  readonly stream: readonly Turn[];
  readonly peakBytes: readonly number[];
  readonly restingBytes: number;
}

export const servicesRowsPart: Part = {
  name: "services-rows",
  title: "As services: a table's rows into Kafka, against Debezium",
  withinMs: 5 * 60_000,

  async run(context: PartContext): Promise<PartReport> {
    const { progress, quick } = context;
    const load = quick ? quickSettings : settings;
    const { database, sides } = await openSides(context, load.rows);
    const measured = new Map(
      sides.map((side) => {
        const restingBytes = memoryOf(side.pid).residentBytes;
        const none = { snapshot: [] as Turn[], stream: [] as Turn[], peakBytes: [] as number[] };
        return [side, { name: side.name, restingBytes, ...none }];
      }),
    );
    // The first round is for what has to become warm, of both.
    for (let round = 0; round <= load.rounds; round += 1) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        context.signal.throwIfAborted();
        forgetPeak(side.pid);
        const snapshot = await timed(context, side, load.rows, () => side.begin());
        const stream = await timed(context, side, load.changes, () =>
          database.run(changeSql(load.changes)),
        );
        const peakBytes = peakBytesOf(side.pid);
        await side.end();
        progress(
          `${round === 0 ? "warm-up" : `round ${round}`}, ${side.name}: snapshot ${number(snapshot.ms)} ms, stream ${number(stream.ms)} ms, ${mebibytes(peakBytes)} MiB`,
        );
        if (round === 0) continue;
        const of = measured.get(side);
        of?.snapshot.push(snapshot);
        of?.stream.push(stream);
        of?.peakBytes.push(peakBytes);
      }
    }
    return reportOf({ ...load, measured: [...measured.values()] });
  },
};

async function openSides(
  context: PartContext,
  rows: number,
): Promise<{ readonly database: DatabaseUnderTest; readonly sides: readonly CaptureSide[] }> {
  const { progress, resources } = context;
  const absence = notInstalled();
  if (absence) throw new Error(absence);
  const found = await findLocalPostgres();
  if (found.kind === "absent") throw new Error(found.reason);
  const server = resources.use(await found.start());
  const database = resources.use(await DatabaseUnderTest.create(server, tableSql));
  const fleet = await Fleet.start(context, {
    fixedVectors: true,
    sources: {
      shop: {
        kind: "postgres",
        url: database.url,
        replication: { slot: database.slot },
        tables: {
          "public.items": {
            key: "id",
            text: "{{title}}\n\n{{body}}",
            metadata: ["price"],
            permissions: "public",
          },
        },
      },
    },
  });
  await fleet.stop(others);
  progress("the connector is alone");
  const connect = resources.use(await DebeziumConnect.start(fleet.brokers, { flags: usualFlags }));
  const sides = [
    resources.use(await TidemarkSide.open(fleet, database)),
    resources.use(await DebeziumSide.open(connect, { brokers: fleet.brokers, database })),
  ];
  await database.run(fillSql(rows));
  progress(`${number(rows)} rows are there, and Kafka Connect is`);
  return { database, sides };
}

/** Until so many records are in Kafka that were not there before. */
async function timed(
  { signal }: PartContext,
  side: CaptureSide,
  records: number,
  work: () => Promise<void>,
): Promise<Turn> {
  const before = await side.written();
  const cpuBefore = cpuSecondsOf(side.pid);
  const beganAtMs = performance.now();
  const working = work();
  working.catch(() => {});
  let firstAtMs: number | null = null;
  for (;;) {
    const written = (await side.written()) - before;
    const atMs = performance.now();
    if (written > 0) firstAtMs ??= atMs;
    if (written >= records && firstAtMs !== null) {
      await working;
      const cpuSeconds = cpuSecondsOf(side.pid) - cpuBefore;
      return { ms: atMs - firstAtMs, wholeMs: atMs - beganAtMs, cpuSeconds };
    }
    await sleep(lookEveryMs, undefined, { signal });
  }
}

function reportOf(run: {
  readonly rows: number;
  readonly changes: number;
  readonly measured: readonly Measured[];
}): PartReport {
  const { changes, measured, rows } = run;
  const rates = (turns: readonly Turn[], count: number, of: (turn: Turn) => number) =>
    turns.map((turn) => (count / of(turn)) * 1_000);
  const perMillion = (turns: readonly Turn[], count: number) =>
    turns.map(({ cpuSeconds }) => (cpuSeconds / count) * 1e6);
  const [ours, theirs] = measured;
  if (!ours || !theirs) throw new Error("there are two to compare");
  const faster = (
    what: string,
    ofSide: (side: Measured) => readonly number[],
    isMore: (ours: number, theirs: number) => boolean,
  ) => {
    const [own, other] = [median(ofSide(ours)), median(ofSide(theirs))];
    return {
      text: what,
      met: isMore(own, other),
      found: `${number(own)} against ${number(other)}, ${number(own / other, 2)} times`,
    };
  };
  const whole = (side: Measured) => rates(side.snapshot, rows, ({ wholeMs }) => wholeMs);
  const streamed = (side: Measured) => rates(side.stream, changes, ({ wholeMs }) => wholeMs);
  return {
    method: `A table of ${number(rows)} rows of about 500 bytes in Postgres is read whole into Kafka, then ${number(changes)} updates of single rows, ${changesPerTransaction} a transaction, that Postgres makes as fast as it can. Tidemark's connector service and Debezium ${debeziumVersion} on a worker of Kafka Connect (JSON without schemas, the flags of Kafka's own script, every setting of Debezium's that decides speed as it comes) run beside each other all the time; only one at a time has a slot. A row is there when the broker has its record. One round of each to warm up, then ${ours.snapshot.length} of each, in turn; medians, with least and most. CPU and memory are of the connector's process and of the worker's, the latter the most that was resident during a round.`,
    tables: [
      {
        columns: ["rows/s", "snapshot", "snapshot, once it has begun", "stream"],
        rows: measured.map((side) => [
          side.name,
          spread(whole(side), 0),
          spread(
            rates(side.snapshot, rows, ({ ms }) => ms),
            0,
          ),
          spread(streamed(side), 0),
        ]),
      },
      {
        columns: [
          "",
          "CPU s a million rows, snapshot",
          "stream",
          "resident at rest, MiB",
          "at most, MiB",
        ],
        rows: measured.map((side) => [
          side.name,
          spread(perMillion(side.snapshot, rows), 0),
          spread(perMillion(side.stream, changes), 0),
          mebibytes(side.restingBytes),
          spread(
            side.peakBytes.map((bytes) => bytes / 2 ** 20),
            0,
          ),
        ]),
      },
    ],
    goals: [
      faster("more rows a second than Debezium, snapshot", whole, (own, other) => own > other),
      faster("more rows a second than Debezium, stream", streamed, (own, other) => own > other),
      faster(
        `at most ${fractionGoal} of its memory, in MiB`,
        ({ peakBytes }) => peakBytes.map((bytes) => bytes / 2 ** 20),
        (own, other) => own <= other * fractionGoal,
      ),
    ],
    notes: [
      "The snapshot's time runs from when a side may begin: for Tidemark until it notices, up to a second, and its slot is made; for Debezium its connector is made, its task is started and so on. Once it has begun is from the first row in Kafka to the last.",
      "The worker may take 2 GiB for its heap, as Kafka's own script has it, and takes less where it is given less; the connector is given no bound.",
      "Postgres runs as the tests have it, without fsync; Kafka is one node with a heap of 512 MiB.",
    ],
  };
}
