/**
 * A bucket's line with what resolves and restricts behind it, on a log and an index in memory: as
 * far as a document is seen, and no text is embedded.
 */
import { documentId, sourceName, WatermarkTracker, type Seen } from "@tidemark/domain";
import {
  Catalogue,
  mapBounded,
  resolveStage,
  restrictStage,
  runStage,
  silentObserver,
  SourceLine,
  tokenSource,
  type EventLog,
  type LostReport,
  type ReconcileReport,
} from "@tidemark/pipeline";
import type { OpenedS3 } from "@tidemark/s3";
import {
  aGeneration,
  eventually,
  LogStore,
  MemoryEventLog,
  MemoryVectorIndex,
  noFault,
  withFaults,
} from "@tidemark/testing";
import { quiet } from "./open-bucket.ts";
import { realClock } from "./real-clock.ts";

const name = sourceName("uploads");
const partitions = 3;
const dayMs = 24 * 3_600_000;
const dimension = 32;
const manifestsMax = 100_000;
const readsAtOnce = 8;
const patient = { withinMs: 60_000, everyMs: 200 };

export class BucketLine implements AsyncDisposable {
  readonly log: EventLog;
  readonly lost: LostReport[] = [];
  /** While it is true, the log accepts nothing. */
  isLogFull = false;
  readonly #opened: OpenedS3;
  readonly #index = new MemoryVectorIndex();
  readonly #restricted = new WatermarkTracker();
  readonly #stop = new AbortController();
  #line: SourceLine | null = null;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(opened: OpenedS3) {
    const log = new MemoryEventLog({ store: new LogStore(partitions), clock: realClock });
    const full = (method: string) =>
      this.isLogFull && method === "append" ? ({ kind: "rejectBefore" } as const) : noFault;
    this.log = withFaults(log, full, { clock: realClock });
    this.#opened = opened;
  }

  /** Resolves when the bucket was listed once, whole. */
  static async start(opened: OpenedS3): Promise<BucketLine> {
    const started = new BucketLine(opened);
    await started.#start();
    return started;
  }

  get line(): SourceLine {
    if (!this.#line) throw new Error("the line has not been started");
    return this.#line;
  }

  async seen(key: string): Promise<Seen | null> {
    const [manifest] = await this.#index.manifests(aGeneration, [documentId(name, key)]);
    return manifest?.seen ?? null;
  }

  /** Keys whose documents differ from what reading their objects tells now. */
  async differences(): Promise<readonly string[]> {
    const { source } = this.#opened;
    const listed = (await Array.fromAsync(source.list())).map(({ key }) => key);
    const known = (
      await this.#index.listManifests(aGeneration, name, { after: null, limit: manifestsMax })
    ).flatMap(({ deleted, documentId: id }) => (deleted ? [] : id.slice(name.length + 1)));
    const keys = [...new Set([...listed, ...known])];
    // A small server has few connections at once.
    const differing = await mapBounded(keys, readsAtOnce, async (key) => {
      const state = await eventually(() => source.read(key), patient);
      const seen = await this.seen(key);
      return isSame(seen, state) ? [] : key;
    });
    return differing.flat().sort();
  }

  /** Once the queue is empty and everything on the log is applied. */
  async settled(size: () => Promise<number>): Promise<void> {
    await eventually(async () => (await size()) === 0, { withinMs: 120_000, everyMs: 100 });
    await this.applied();
  }

  /** Once everything on the log is applied. */
  async applied(): Promise<void> {
    await eventually(
      async () => {
        const unread = await this.log.lag("hints", "resolver");
        const unseen = await this.log.lag("mutations", `restrictor.${aGeneration}`);
        return unread + unseen === 0;
      },
      { withinMs: 120_000, everyMs: 50 },
    );
  }

  /** One scan, and what it found that no event told of. */
  async reconcile(): Promise<{ readonly report: ReconcileReport; readonly lost: LostReport }> {
    const judged = this.lost.length;
    const report = await this.line.reconcile({ confirm: null });
    await eventually(() => this.lost.length > judged, { withinMs: 60_000, everyMs: 50 });
    await this.applied();
    const lost = this.lost.at(-1);
    if (!lost) throw new Error("the scan was not judged");
    return { report, lost };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #start(): Promise<void> {
    const { signal } = this.#stop;
    const clock = realClock;
    await this.#index.ensureGeneration(aGeneration, dimension);
    const line = await this.#makeLine();
    this.#line = line;
    const shared = {
      log: this.log,
      index: this.#index,
      generation: aGeneration,
      clock,
      token: tokenSource("test"),
      observer: silentObserver,
      chance: Math.random,
      logger: quiet,
    };
    const resolver = resolveStage({
      log: this.log,
      sources: new Map([[name, this.#opened.source]]),
      clock,
      blocked: (hint, reason) => line.noteBlocked(hint.documentId, reason),
    });
    const restrictor = restrictStage({
      ...shared,
      restate: () => Promise.resolve(),
      passed: (marker, partition) => this.#restricted.note(marker, partition),
    });
    this.#running = Promise.all([
      line.run(signal),
      runStage(resolver, { ...shared, index: null, generation: null }, signal),
      runStage(restrictor, shared, signal),
    ]);
    // A bug in any of them is told when the line is disposed of.
    this.#running.catch(() => this.#stop.abort());
    await eventually(() => this.#completeTo() !== null, { withinMs: 60_000 });
  }

  async #makeLine(): Promise<SourceLine> {
    return new SourceLine({
      source: name,
      from: this.#opened.source,
      watch: this.#opened.watch,
      log: this.log,
      index: this.#index,
      catalogue: await Catalogue.load(this.log, realClock),
      clock: realClock,
      chance: Math.random,
      logger: quiet,
      limits: { above: 1_000, share: 1 },
      // Scans are only those that a test asks for.
      scanMs: dayMs,
      scanLeastMs: dayMs,
      generation: () => aGeneration,
      digestedTo: () => this.#completeTo(),
      scanned: () => {},
      lost: (report) => this.lost.push(report),
    });
  }

  #completeTo(): number | null {
    return this.#restricted.completeTo(name, partitions);
  }
}

type State = Awaited<ReturnType<OpenedS3["source"]["read"]>>;

function isSame(seen: Seen | null, state: State): boolean {
  if (state.kind !== "found") return state.kind !== "blocked" && (seen?.deleted ?? true);
  const { archived, body, metadata, permissions, sourceDigest, tenant } = state;
  const told = [{ tenant, permissions }, metadata, archived, body?.contentHash ?? null];
  const known = seen && [seen.policy, seen.metadata, seen.archived, seen.contentHash];
  return seen?.sourceDigest === sourceDigest && JSON.stringify(known) === JSON.stringify(told);
}
