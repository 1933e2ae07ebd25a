/**
 * A database's line with what restricts behind it, on a log and an index in memory: as far as a
 * document is seen, and no text is embedded.
 */
import { documentId, keyOf, sourceName, type Seen } from "@tidemark/domain";
import {
  Catalogue,
  hintsTopic,
  mutationsTopic,
  restaterGroup,
  restateStage,
  restrictorGroup,
  restrictStage,
  runStage,
  silentObserver,
  tokenSource,
  type EventLog,
  type ReconcileReport,
  type VectorIndex,
} from "@tidemark/pipeline";
import { PostgresLine } from "@tidemark/postgres";
import { tableMappings, type TableRules } from "@tidemark/rows";
import {
  aGeneration,
  eventually,
  LogStore,
  MemoryEventLog,
  MemoryVectorIndex,
} from "@tidemark/testing";
import type { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import { quiet } from "./open-bucket.ts";
import { realClock } from "./real-clock.ts";

const name = sourceName("shop");
const partitions = 3;
const dimension = 32;
const manifestsMax = 1_000_000;

export interface DatabaseLineOptions {
  readonly database: Pick<DatabaseUnderTest, "slot" | "url">;
  readonly tables: Readonly<Record<string, TableRules>>;
  /** What an earlier line left; fresh unless given. */
  readonly world?: LineWorld;
  readonly slotBytesMax?: number;
  readonly limits?: { readonly above: number; readonly share: number };
}

/** What outlives a process. */
export interface LineWorld {
  readonly log: EventLog;
  readonly index: VectorIndex;
}

/** One in memory. */
export class World implements LineWorld {
  readonly log: EventLog;
  readonly index = new MemoryVectorIndex();

  constructor() {
    this.log = new MemoryEventLog({ store: new LogStore(partitions), clock: realClock });
  }
}

export class DatabaseLine implements AsyncDisposable {
  readonly world: LineWorld;
  readonly line: PostgresLine;
  readonly reports: ReconcileReport[];
  readonly catalogue: Catalogue;
  readonly #stop: AbortController;
  readonly #running: Promise<unknown>;

  private constructor(parts: {
    world: LineWorld;
    line: PostgresLine;
    reports: ReconcileReport[];
    catalogue: Catalogue;
    stop: AbortController;
    running: Promise<unknown>;
  }) {
    this.world = parts.world;
    this.line = parts.line;
    this.reports = parts.reports;
    this.catalogue = parts.catalogue;
    this.#stop = parts.stop;
    this.#running = parts.running;
  }

  /** Resolves at once; `complete` waits until everything was read. */
  static async start(options: DatabaseLineOptions): Promise<DatabaseLine> {
    const { database, limits = { above: 10, share: 0.1 }, tables, world = new World() } = options;
    await world.index.ensureGeneration(aGeneration, dimension);
    const catalogue = await Catalogue.load(world.log, realClock);
    const reports: ReconcileReport[] = [];
    const stop = new AbortController();
    const { signal } = stop;
    const shared = {
      log: world.log,
      index: world.index,
      generation: aGeneration,
      clock: realClock,
      token: tokenSource(String(Math.random())),
      observer: silentObserver,
      chance: Math.random,
      logger: quiet,
    };
    const line = new PostgresLine({
      source: name,
      url: database.url,
      slot: database.slot,
      publication: database.slot,
      mappings: tableMappings(tables, { tenant: "*", permissions: { kind: "public" } }),
      mappingDigest: JSON.stringify(tables),
      slotBytesMax: options.slotBytesMax ?? 2 ** 40,
      catalogue,
      limits,
      scanned: (report) => reports.push(report),
      slotKeeps: () => {},
      standsBy: () => {},
      ...shared,
      generation: () => aGeneration,
    });
    const restrictor = restrictStage({
      ...shared,
      restate: async (mutations) =>
        line.hint(
          mutations.map((mutation) => mutation.documentId),
          "reconcile",
        ),
      passed: () => {},
    });
    const restater = restateStage({ source: name, state: line.state.bind(line) });
    const running = Promise.all([
      line.run(signal),
      runStage(restater, { ...shared, index: null, generation: null }, signal),
      runStage(restrictor, shared, signal),
    ]);
    // A bug in any of them is told when the line is disposed of.
    running.catch(() => stop.abort());
    return new DatabaseLine({ world, line, reports, catalogue, stop, running });
  }

  /** Whether what was confirmed to the slot covers this document. */
  async confirmedPast(id: number, table = "public.items"): Promise<boolean> {
    const state = JSON.parse(this.catalogue.source(name)?.state ?? "{}") as {
      confirmedLsn?: number;
    };
    const seen = await this.seen(`${table}/${id}`);
    return (state.confirmedLsn ?? 0) > (seen?.revision.position ?? Infinity);
  }

  async seen(key: string): Promise<Seen | null> {
    const [manifest] = await this.world.index.manifests(aGeneration, [documentId(name, key)]);
    return manifest?.seen ?? null;
  }

  /** The documents that are there, by key. */
  async documents(): Promise<ReadonlyMap<string, Seen>> {
    const range = { after: null, limit: manifestsMax };
    const listed = await this.world.index.listManifests(aGeneration, name, range);
    const ids = listed.filter(({ deleted }) => !deleted).map((each) => each.documentId);
    const manifests = await this.world.index.manifests(aGeneration, ids);
    return new Map(
      manifests.flatMap((manifest) =>
        manifest ? [[keyOf(manifest.documentId), manifest.seen] as const] : [],
      ),
    );
  }

  /** Once everything that was committed before this call is seen. */
  async complete(withinMs = 60_000): Promise<void> {
    const sinceMs = realClock.nowMs();
    await eventually(
      async () => {
        const { completeToMs, trouble } = this.line;
        if (completeToMs === null || completeToMs <= sinceMs) {
          throw new Error(`complete up to ${completeToMs}, trouble: ${trouble}`);
        }
      },
      { withinMs, everyMs: 50 },
    );
    await this.applied();
  }

  /** Once everything that is on the log is applied. */
  async applied(): Promise<void> {
    await Promise.all([
      this.#passed(mutationsTopic, restrictorGroup(aGeneration)),
      this.#passed(hintsTopic, restaterGroup(name)),
    ]);
  }

  /** What is appended meanwhile is not waited for. */
  async #passed(topic: string, group: string): Promise<void> {
    const { log } = this.world;
    const ends = await log.ranges(topic);
    await eventually(
      async () => {
        const acknowledged = await log.acknowledged(topic, group);
        const behind = ends.filter(
          ({ end, partition }) => (acknowledged.get(partition) ?? 0) < end,
        );
        if (behind.length === 0) return true;
        throw new Error(`${group} is behind, trouble: ${this.line.trouble}`);
      },
      { withinMs: 120_000, everyMs: 50 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
