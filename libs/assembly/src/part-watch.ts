/** Asks log, index and embedder now and then, and notes what stages say: which part is in trouble. */
import type { DocumentId, SourceName } from "@tidemark/domain";
import { controlTopic, TransientError, type ServedSource, type Troubles } from "@tidemark/pipeline";
import { roleOfService } from "./roles.ts";
import type { Parts } from "./open-parts.ts";
import { systemClock } from "./world.ts";

const askEveryMs = 1_000;
const answerWithinMs = 3_000;
/** An embedder is asked only when something waits for it this long: it may cost money. */
const embedderAfterMs = 2_000;
/** No source has an empty name. */
const askedFor = "/" as DocumentId;
/** No group has this name: nobody goes by it. */
const tried = { topic: "tried", group: "tried", partition: 0, offset: 0 };
const nobody = "nobody has heard of it lately";
const stages = ["restrictor", "chunker", "upserter"] as const;
const serviceOf = {
  resolver: "ingestor",
  ...Object.fromEntries(stages.map((each) => [each, each])),
};

export type Watched = Pick<
  Parts,
  "board" | "freshness" | "generations" | "options" | "shared" | "sources" | "stores"
>;

export class PartWatch {
  readonly #watched: Watched;
  #log: string | null = null;
  #index: string | null = null;
  #embedder: string | null = null;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Of the whole when no source is given. */
  troubles(source: SourceName | null): Troubles {
    const { board, generations, shared, sources } = this.#watched;
    const heard = shared?.reports.services();
    const silent = (part: string) => {
      const service = (serviceOf as Readonly<Record<string, string>>)[part] ?? part;
      const isHere = this.#watched.options.roles.has(
        roleOfService[service as keyof typeof roleOfService],
      );
      return heard && !isHere && !heard.has(service) ? nobody : null;
    };
    const conditions = board
      .conditions()
      .filter(({ generation }) => generation === generations.active.id);
    const ofStage = (stage: string) =>
      silent(stage) ?? conditions.find((each) => each.stage === stage && each.trouble)?.trouble;
    const resolver = silent("resolver");
    // Of a process that says nothing, nothing is known of its sources either.
    const [troubled = null] = [...sources.served.values()]
      .filter(({ name }) => (source ?? name) === name)
      .filter(({ isStreamed }) => isStreamed || resolver === null)
      .flatMap((each) => this.#troubleOf(each) ?? []);
    return {
      log: this.#log,
      index: this.#index,
      embedder: this.#embedder,
      resolver,
      ...Object.fromEntries(stages.map((stage) => [stage, ofStage(stage) ?? null])),
      source: troubled,
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#again(signal, async (stop) => {
        const { log } = this.#watched.stores;
        this.#log = await troubleOf(() => log.identity(controlTopic), stop);
      }),
      this.#again(signal, async (stop) => {
        const { generations, stores } = this.#watched;
        const ask = () => stores.index.manifests(generations.active.id, [askedFor]);
        this.#index = (await troubleOf(ask, stop)) ?? (await this.#writing(stop));
      }),
      this.#again(signal, async (stop) => {
        this.#embedder = this.#waitsForEmbedder() ? await this.#askEmbedder(stop) : null;
      }),
    ]);
  }

  /** A document that cannot be read matters while somebody waits for it. */
  #troubleOf({ line, name }: ServedSource): string | null {
    const { freshness } = this.#watched;
    const isWaitedFor = () => freshness.source(name)?.oldest?.stage === "observe";
    if (line?.trouble) return `${name}: ${line.trouble}`;
    if (!line || line.blockedCount === 0 || !isWaitedFor()) return null;
    const [reason] = line.blocked.values();
    return `${name}: ${line.blockedCount} documents cannot be read: ${reason}`;
  }

  /** One that is full answers questions and takes nothing: it is tried when a stage is in trouble. */
  #writing(signal: AbortSignal): Promise<string | null> {
    const { board, stores } = this.#watched;
    if (!board.conditions().some(({ trouble }) => trouble)) return Promise.resolve(null);
    return troubleOf(() => stores.index.writeProgress([tried]), signal);
  }

  #waitsForEmbedder(): boolean {
    const { freshness, sources } = this.#watched;
    const nowMs = systemClock.nowMs();
    return [...sources.served.keys()].some((name) => {
      const oldest = freshness.source(name)?.oldest;
      return oldest?.stage === "embed" && nowMs - oldest.sinceMs > embedderAfterMs;
    });
  }

  #askEmbedder(signal: AbortSignal): Promise<string | null> {
    const { generations } = this.#watched;
    const line = generations.line(generations.active.id);
    if (!line) return Promise.resolve(null);
    const gaveUp = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
    const request = { texts: ["."], purpose: "query", lane: "query", signal: gaveUp } as const;
    return troubleOf(() => line.embedder.embed(request), signal);
  }

  async #again(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await ask(signal);
      await systemClock.sleep(askEveryMs, signal);
    }
  }
}

/** Null when it answered in time. */
async function troubleOf(ask: () => Promise<unknown>, signal: AbortSignal): Promise<string | null> {
  const answered = new AbortController();
  const silent = `it has not answered for ${answerWithinMs / 1_000} s`;
  const stop = AbortSignal.any([signal, answered.signal]);
  try {
    return await Promise.race([
      ask().then(() => null),
      systemClock.sleep(answerWithinMs, stop).then(() => (signal.aborted ? null : silent)),
    ]);
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof TransientError) return error.message;
    if (error instanceof Error && ["AbortError", "TimeoutError"].includes(error.name))
      return silent;
    throw error;
  } finally {
    answered.abort();
  }
}
