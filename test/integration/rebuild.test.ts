/**
 * What a backfill rests on: the log, compacted, tells a new collection all that the old one knows.
 * The history has what late processes append after newer records, facets, deletes and new epochs.
 */
import { sourceName, type DocumentId, type GenerationId } from "@tidemark/domain";
import { chunksTopic, mutationsTopic, publishMarker, type VectorIndex } from "@tidemark/pipeline";
import { openQdrantIndex } from "@tidemark/qdrant";
import { compareStores } from "../checker/compare-stores.ts";
import { readDocuments } from "../checker/read-store.ts";
import { forgetGroups } from "../e2e/support/kafka-admin.ts";
import { describeWith } from "../servers/available.ts";
import { findCluster, indexOfTests, type ClusterAddress } from "../servers/cluster.ts";
import { SimulatedGeneration } from "../simulation/simulated-generation.ts";
import { compactNow, tidyTopics } from "./support/kafka-admin.ts";
import { openLog, type OpenedLog } from "./support/kafka-log.ts";
import { plainPoints } from "./support/plain-points.ts";
import { freshPrefix, removeAll } from "./support/qdrant-collections.ts";
import { RandomHistory } from "./support/random-history.ts";
import { ViewBuilder } from "./support/view-builder.ts";

const seed = Number(process.env["REBUILD_SEED"] ?? 20_261);
const testMs = 180_000;
const sources = ["files", "app"];
const nobody = async () => {};

describeWith(`a rebuild, on Kafka and ${await indexOfTests()}`, await findCluster(), (cluster) => {
  const address = () => cluster().address;
  tidyTopics(address);

  test(
    `the compacted log of history ${seed} makes an empty collection what the old one is`,
    async () => {
      const opened = await openLog(address());
      await using log = opened.log;
      await using old = await aCollection(address());
      const generation = new SimulatedGeneration(1, new Map());
      await using history = new RandomHistory(log, { seed, documents: 12 });
      const restate = (ids: readonly DocumentId[]) => history.restate(ids);
      const live = await ViewBuilder.start({ log, index: old.index, generation, restate });
      const settled = async () => {
        do {
          await live.untilCaughtUp();
          await history.untilResolved();
        } while (!(await isQuiet(history, live)));
      };
      await history.change(60);
      await settled();
      await history.appendLate(8);
      await settled();
      await history.newEpoch(old.index, generation);
      await history.appendLate(8);
      await history.change(60);
      await settled();
      await history.appendLate(8);
      await settled();
      await live[Symbol.asyncDispose]();
      await history[Symbol.asyncDispose]();
      const before = await readDocuments(old.index, generation.id, sources);
      const pointsBefore = await plainPoints(address().qdrantUrl, old.prefix + generation.id);
      const written = await history.records();

      await compactAll(address(), opened, generation.id);
      const kept = await history.records();
      await using fresh = await aCollection(address());
      await using rebuilt = await ViewBuilder.start({
        log,
        index: fresh.index,
        generation,
        restate: nobody,
      });
      await rebuilt.untilCaughtUp();
      const after = await readDocuments(fresh.index, generation.id, sources);

      expect(compareStores(storeOf(before), storeOf(after))).toEqual([]);
      expect([...after.leftovers]).toEqual([]);
      const pointsAfter = await plainPoints(address().qdrantUrl, fresh.prefix + generation.id);
      // What is archived keeps its points where it has them, and is not embedded where it has none.
      expect(pointsBefore).toMatchObject(pointsAfter);
      expect(kept.length).toBeLessThan(written.length / 2);
      expect(live.count("displaced")).toBeGreaterThan(5);
      expect(history.counts).toMatchObject({ epochs: 2, late: 24 });
      expect(Math.min(history.counts.patched, history.counts.removed)).toBeGreaterThan(5);
      expect(before.documents.size).toBeGreaterThan(20);
    },
    testMs,
  );

  test(
    "where nobody states again what a late record displaced, the rebuild is found to differ",
    async () => {
      const opened = await openLog(address());
      await using log = opened.log;
      await using old = await aCollection(address());
      const generation = new SimulatedGeneration(1, new Map());
      await using history = new RandomHistory(log, { seed, documents: 2 });
      const live = await ViewBuilder.start({
        log,
        index: old.index,
        generation,
        restate: nobody,
      });
      await history.change(20);
      await live.untilCaughtUp();
      await history.appendLate(8);
      await live.untilCaughtUp();
      await live[Symbol.asyncDispose]();
      await history[Symbol.asyncDispose]();
      const before = await readDocuments(old.index, generation.id, sources);

      await compactAll(address(), opened, generation.id);
      await using fresh = await aCollection(address());
      await using rebuilt = await ViewBuilder.start({
        log,
        index: fresh.index,
        generation,
        restate: nobody,
      });
      await rebuilt.untilCaughtUp();
      const after = await readDocuments(fresh.index, generation.id, sources);

      expect(live.count("displaced")).toBeGreaterThan(0);
      expect(compareStores(storeOf(before), storeOf(after))).not.toEqual([]);
    },
    testMs,
  );
});

/** Nothing was asked for again, and nothing is on its way. */
async function isQuiet(history: RandomHistory, live: ViewBuilder): Promise<boolean> {
  const before = (await history.records()).length;
  await history.untilResolved();
  await live.untilCaughtUp();
  return (await history.records()).length === before;
}

/** Only the newest record of each key is left, and nothing of what was made of the others. */
async function compactAll(
  { brokers }: ClusterAddress,
  opened: OpenedLog,
  generation: GenerationId,
): Promise<void> {
  await compactNow({ brokers }, opened, mutationsTopic);
  // The last offsets are those of records that nobody sees: behind a marker all is passed.
  const marker = { source: sourceName("files"), producer: "test", completeToMs: 0 };
  await publishMarker(opened.log, mutationsTopic, marker);
  await opened.log.dropTopic(chunksTopic(generation));
  await forgetGroups({ brokers }, opened.prefix);
}

async function aCollection({
  qdrantUrl,
}: ClusterAddress): Promise<
  { readonly index: VectorIndex; readonly prefix: string } & AsyncDisposable
> {
  const prefix = freshPrefix();
  const index = await openQdrantIndex({ url: qdrantUrl, prefix });
  return {
    index,
    prefix,
    async [Symbol.asyncDispose]() {
      await index[Symbol.asyncDispose]();
      await removeAll(qdrantUrl, prefix);
    },
  };
}

function storeOf(read: Awaited<ReturnType<typeof readDocuments>>) {
  return { ...read, points: 0, strayVectors: 0 };
}
