/** A line of topics that a test writes to, with the real restrictor behind it. */
import {
  decodeMutation,
  decodeHint,
  documentId,
  keyOf,
  sourceName,
  type GenerationId,
  type Mutation,
} from "@tidemark/domain";
import {
  Catalogue,
  hintsTopic,
  mutationsTopic,
  restrictStage,
  runStage,
  silentObserver,
  tokenSource,
  type Clock,
  type EventLog,
  type VectorIndex,
} from "@tidemark/pipeline";
import { tableMappings } from "@tidemark/rows";
import { placeholderDefault } from "./decode-value.ts";
import { DebeziumLine } from "./debezium-line.ts";
import { MemoryTopics, type WrittenRecord } from "./memory-topics.ts";

export const source = sourceName("crm");
export const topic = "cdc.shop.docs";
const generation = "g1" as GenerationId;
const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };
export const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};
const mappings = tableMappings(
  {
    "shop.docs": {
      key: ["id"],
      text: "{{title}}\n{{body}}",
      metadata: ["note"],
      where: { column: "spam", values: [true], isNegated: true },
    },
  },
  { tenant: "*", permissions: { kind: "public" } },
);

type Change = Partial<WrittenRecord> & {
  readonly op: "c" | "u" | "d" | "r" | "t";
  readonly id?: number;
  readonly row?: Readonly<Record<string, unknown>>;
  readonly lsn?: number | null;
  readonly commit?: number;
  readonly snapshot?: string;
  readonly txId?: number;
  /** Of the database's commit and of the connector alike. */
  readonly atMs?: number;
  readonly table?: string;
};

export interface TownStores {
  readonly log: EventLog;
  readonly index: VectorIndex;
}

/** A line with the real restrictor behind it, and topics of the test's. */
export class Town implements AsyncDisposable {
  readonly topics = new MemoryTopics();
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly #stops: { readonly stop: AbortController; readonly done: Promise<unknown> }[] = [];
  #atMs = 1_000;
  line!: DebeziumLine;

  private constructor({ index, log }: TownStores) {
    this.log = log;
    this.index = index;
  }

  static async open(stores: TownStores, partitions = 3): Promise<Town> {
    const town = new Town(stores);
    town.topics.make(topic, partitions);
    await town.index.ensureGeneration(generation, 8);
    const stage = restrictStage({
      log: town.log,
      index: town.index,
      generation,
      clock,
      token: tokenSource("test"),
      observer: silentObserver,
      restate: async () => {},
      passed: silent,
    });
    const options = { log: town.log, index: town.index, generation };
    town.#run((signal) =>
      runStage(
        stage,
        { ...options, clock, chance: () => 0.5, logger, observer: silentObserver },
        signal,
      ),
    );
    return town;
  }

  async start(): Promise<() => Promise<void>> {
    const catalogue = await Catalogue.load(this.log, clock);
    this.line = new DebeziumLine({
      source,
      topicNames: [topic],
      topics: this.topics,
      mappings,
      hintTables: new Map([["shop.queue", { source: "files", key: "path", action: "action" }]]),
      decode: { placeholder: placeholderDefault, types: new Map() },
      mappingDigest: "m1",
      log: this.log,
      history: {
        recordsOf: async (name, id, recordsMax) => {
          const records = await this.#records(name);
          return records
            .filter(({ key }) => key === id)
            .slice(-recordsMax)
            .toReversed();
        },
      },
      index: this.index,
      catalogue,
      clock,
      chance: () => 0.5,
      logger,
      limits: { above: 2, share: 0.5 },
      generation: () => generation,
      scanned: silent,
    });
    return this.#run((signal) => this.line.run(signal));
  }

  write(change: Change): void {
    const {
      atMs,
      commit,
      id,
      lsn = null,
      op,
      row,
      snapshot = "false",
      table = "docs",
      txId = 1,
    } = change;
    this.#atMs = atMs ?? this.#atMs + 1;
    const after = op === "d" || op === "t" ? null : { id, spam: false, note: null, ...row };
    this.topics.write({
      topic,
      partition: change.partition ?? (id ?? 0) % 3,
      headers: change.headers ?? {},
      key: op === "t" ? null : { id },
      timestampMs: this.#atMs,
      value: {
        before: op === "d" ? { id, title: "", spam: true } : null,
        after,
        op,
        ts_ms: this.#atMs,
        source: {
          schema: "shop",
          table,
          lsn,
          txId,
          snapshot,
          ts_ms: this.#atMs,
          sequence: JSON.stringify([commit === undefined ? null : String(commit), String(lsn)]),
        },
      },
    });
  }

  /** The newest mutation of each document, by key. */
  async newest(): Promise<ReadonlyMap<string, Mutation>> {
    const mutations = await this.mutations();
    return new Map(mutations.map((mutation) => [keyOf(mutation.documentId), mutation]));
  }

  async mutations(): Promise<readonly Mutation[]> {
    const records = await this.#records(mutationsTopic);
    return records.flatMap(({ offset, value }) => {
      const mutation = decodeMutation(value ?? "", offset);
      return "kind" in mutation ? [mutation] : [];
    });
  }

  async hints() {
    const records = await this.#records(hintsTopic);
    const hints = records.map(({ value }) => JSON.stringify(decodeHint(value ?? "")));
    return hints
      .map((hint) => JSON.parse(hint) as { documentId: string })
      .toSorted((a, b) => a.documentId.localeCompare(b.documentId));
  }

  async seen(id: number) {
    const [manifest] = await this.index.manifests(generation, [
      documentId(source, `shop.docs/${id}`),
    ]);
    return manifest?.seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { done, stop } of this.#stops.toReversed()) {
      stop.abort();
      await done;
    }
  }

  #run(run: (signal: AbortSignal) => Promise<unknown>): () => Promise<void> {
    const stop = new AbortController();
    const done = run(stop.signal);
    this.#stops.push({ stop, done });
    return async () => {
      stop.abort();
      await done;
    };
  }

  async #records(name: string) {
    const ranges = await this.log.ranges(name);
    const all = await Promise.all(
      ranges.map(({ begin, end, partition }) =>
        this.log.read(name, partition, { from: begin, to: end, recordsMax: 10_000 }),
      ),
    );
    return all.flat();
  }
}

/** The text that a mutation states; null where it states none. */
export function textOf(mutation: Mutation | undefined): string | null {
  if (mutation?.kind !== "upsert" || mutation.body?.content.kind !== "text") return null;
  return mutation.body.content.text;
}
