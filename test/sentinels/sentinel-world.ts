/** A generation with documents, and sentinels over it, at whatever an embedder and an index become. */
import { fingerprintOf, type Generation } from "@tidemark/domain";
import {
  aGeneration,
  aManifest,
  anId,
  aRecipe,
  digestsOf,
  IndexStore,
  LogStore,
  MemoryEventLog,
  MemoryVectorIndex,
  pick,
  seededChance,
  somePoints,
  VirtualClock,
} from "@tidemark/testing";
import { Measures, Sentinels, type Embedder, type VectorIndex } from "@tidemark/pipeline";
import { tokenEmbedder } from "./token-embedder.ts";

const vocabulary =
  "tide harbour invoice password release budget network contract travel recipe history safety " +
  "backup database privacy training warranty machine meeting price office server company test";

export interface SentinelWorld {
  readonly clock: VirtualClock;
  readonly log: LogStore;
  readonly store: IndexStore;
  readonly said: string[];
  /** The embedder and the index as they are from now on. */
  embedder: Embedder;
  index: VectorIndex;
  /** A process of its own over the same log. */
  sentinels(): Sentinels;
  /** Runs them, and says what they name. */
  causes(): Promise<readonly string[]>;
  put(key: string, texts: readonly string[]): Promise<void>;
  /** Takes points away behind everybody's back. */
  lose(share: number): number;
}

export async function sentinelWorld({
  documents = 80,
  seed = 1,
  embedder = tokenEmbedder(),
  index,
}: {
  readonly documents?: number;
  readonly seed?: number;
  readonly embedder?: Embedder;
  /** Another than the one in memory, of which nothing can be lost. */
  readonly index?: VectorIndex;
} = {}): Promise<SentinelWorld> {
  const clock = new VirtualClock();
  const log = new LogStore(1);
  const store = new IndexStore();
  const said: string[] = [];
  const chance = seededChance(seed);
  const note = (_: object, message: string) => void said.push(message);
  const generation: Generation = {
    id: aGeneration,
    state: "active",
    fingerprint: fingerprintOf(aRecipe),
    recipe: aRecipe,
    createdAtMs: clock.nowMs(),
    activatedAtMs: clock.nowMs(),
    retiringSinceMs: null,
  };
  const world: SentinelWorld = {
    clock,
    log,
    store,
    said,
    embedder,
    index: index ?? new MemoryVectorIndex(store),
    sentinels: () =>
      new Sentinels({
        measures: new Measures(new MemoryEventLog({ store: log, clock })),
        catalogue: { generations: [generation] },
        lines: { line: () => ({ embedder: world.embedder }) },
        // Whichever it is when it is asked.
        index: new Proxy(world.index, {
          get: (_, name) => {
            const value: unknown = Reflect.get(world.index, name);
            return typeof value === "function" ? value.bind(world.index) : value;
          },
        }),
        clock,
        logger: { debug: note, info: note, warn: note, error: note },
        everyMs: 60_000,
      }),
    async causes() {
      await clock.advance(60_000);
      const sentinels = world.sentinels();
      await sentinels.check({ isDueOnly: true });
      const { generations } = await sentinels.report();
      return generations.flatMap(({ findings }) => findings.map(({ cause }) => cause));
    },
    async put(key, texts) {
      const documentId = anId(key);
      const { vectors } = await embedder.embed({
        texts,
        purpose: "document",
        lane: "live",
      });
      const byText = new Map(texts.map((text, at) => [text, vectors[at] as Float32Array]));
      const put = somePoints(texts, {
        documentId,
        dimension: embedder.space.dimension,
        vectorOf: (text) => byText.get(text) as Float32Array,
      });
      const [found] = await world.index.manifests(aGeneration, [documentId]);
      const atMs = clock.nowMs();
      const revision = (found?.seen.revision.position ?? 0) + 1;
      const manifest = aManifest({
        documentId,
        revision,
        seen: { seenAtMs: atMs },
        indexed: { live: digestsOf(put), updatedAtMs: atMs },
      });
      const sweep = { revision: manifest.seen.revision, live: digestsOf(put) };
      await world.index.commit(
        aGeneration,
        [{ manifest, tokenRead: found?.token ?? null, put, sweep }],
        [],
      );
    },
    lose(share) {
      const points = [...store.of(aGeneration).allPoints()];
      const lost = points.slice(0, Math.round(points.length * share));
      for (const { id } of lost) store.of(aGeneration).losePoint(id);
      return lost.length;
    },
  };
  await world.index.ensureGeneration(aGeneration, world.embedder.space.dimension);
  const words = vocabulary.split(" ");
  for (let at = 0; at < documents; at += 1) {
    const texts = Array.from({ length: 1 + (at % 3) }, (_, chunk) =>
      [String(at), String(chunk), ...Array.from({ length: 8 }, () => pick(chance, words))].join(
        " ",
      ),
    );
    await world.put(`${at}.md`, texts);
  }
  return world;
}
