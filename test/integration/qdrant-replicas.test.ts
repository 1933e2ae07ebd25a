/**
 * The same race where every record is on two peers, which decide conditions one by one. Writers
 * come through it and readers do not: it is what `replicationMax` of the index on Qdrant rests on.
 */
import type { GenerationId, Token } from "@tidemark/domain";
import type { VectorIndex } from "@tidemark/pipeline";
import { openQdrantIndex } from "@tidemark/qdrant";
import { aManifest, anId, aToken, eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findQdrantPeers, type QdrantPeers } from "../servers/qdrant.ts";
import { ask, freshGeneration, freshPrefix } from "./support/qdrant-collections.ts";
import { expectNewest, raceDimension, runRace, type Race } from "./support/race.ts";

const writers = 20;
const raceWithinMs = 300_000;

/** Made by hand: the index itself refuses more replicas than were shown to hold. */
async function makeReplicated(url: string, name: string): Promise<void> {
  await ask(url, "PUT", `/collections/${name}`, {
    vectors: { text: { size: raceDimension, distance: "Cosine" } },
    replication_factor: 2,
    shard_number: 1,
  });
}

/** What each peer itself holds, without asking the other. */
async function expectAlike({ peers }: QdrantPeers, name: string): Promise<void> {
  const held = await Promise.all(
    peers.map(({ url }) =>
      ask(url, "POST", `/collections/${name}/points/scroll`, {
        limit: 10_000,
        with_payload: true,
        with_vector: true,
      }),
    ),
  );
  expect(held[0]).toEqual(held[1]);
}

describeWith("writers at once on two qdrants that are one", await findQdrantPeers(), (peers) => {
  const prefix = freshPrefix();
  let indexes: VectorIndex[] = [];
  let generation: GenerationId;
  beforeAll(async () => {
    generation = freshGeneration();
    await makeReplicated(peers().peers[0].url, `${prefix}${generation}`);
    for (const { url } of [...peers().peers, ...peers().peers]) {
      indexes.push(await openQdrantIndex({ url, prefix }));
    }
    await indexes[0]?.ensureGeneration(generation, raceDimension);
  });
  afterAll(async () => {
    for (const index of indexes) await index[Symbol.asyncDispose]();
    indexes = [];
  });

  test(
    "leave the newest revision, whole, on both",
    async () => {
      for (let seed = 1; seed <= 20; seed += 1) {
        const race: Race = { indexes, generation, documentId: anId(`d${seed}`), writers, seed };
        await runRace(race);
        for (const index of indexes) await expectNewest(race, index);
      }
      await expectAlike(peers(), `${prefix}${generation}`);
    },
    raceWithinMs,
  );

  test("lose readers the manifest that is being written: more replicas are refused for it", async () => {
    const [first, second] = indexes;
    if (!first || !second) throw new Error("there are two peers");
    const documentId = anId("watched");
    let read: Token | null = null;
    let missing = 0;
    const done = new AbortController();
    const write = async (revision: number) => {
      const manifest = aManifest({ documentId, revision, token: aToken(), indexed: null });
      const commit = { manifest, tokenRead: read, put: [], sweep: null };
      expect(await first.commit(generation, [commit], [])).toEqual(["won"]);
      read = manifest.token;
    };
    await write(1);
    const watch = async () => {
      while (!done.signal.aborted) {
        const [manifest] = await second.manifests(generation, [documentId]);
        if (!manifest) missing += 1;
      }
    };

    const watching = [watch(), watch()];
    for (let revision = 2; revision <= 200; revision += 1) await write(revision);
    done.abort();
    await Promise.all(watching);

    expect(missing).toBeGreaterThan(0);
  });

  test(
    "leave it so also while one of the two is killed and comes back",
    async () => {
      const [first, second] = peers().peers;
      for (let seed = 101; seed <= 106; seed += 1) {
        const race: Race = { indexes, generation, documentId: anId(`d${seed}`), writers, seed };
        const racing = runRace(race);
        const victim = seed % 2 === 0 ? first : second;
        await victim.stop("killed");
        await victim.resume();
        await racing;
        for (const index of indexes) await eventually(() => expectNewest(race, index));
      }
      await eventually(() => expectAlike(peers(), `${prefix}${generation}`));
    },
    raceWithinMs,
  );
});
