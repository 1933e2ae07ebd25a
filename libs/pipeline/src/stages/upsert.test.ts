import { hashChunk, placeChunks } from "@tidemark/domain";
import {
  aGeneration,
  aManifest,
  aMutation,
  MemoryEmbedder,
  MemoryEventLog,
  MemoryVectorIndex,
  somePoints,
  VirtualClock,
} from "@tidemark/testing";
import { partsOf } from "../chunk-record.ts";
import { silentObserver } from "../observer.ts";
import { readDeadLetters } from "../run-stage/dead-letters.ts";
import { tokenSource } from "./restrict.ts";
import { upsertStage } from "./upsert.ts";

const generation = aGeneration;
const long = "tide ".repeat(30_000);

async function aWorld() {
  const clock = new VirtualClock();
  const log = new MemoryEventLog({ clock });
  const index = new MemoryVectorIndex();
  const embedder = new MemoryEmbedder({ poisonWord: "bad" });
  await index.ensureGeneration(generation, embedder.space.dimension);
  const stage = upsertStage({
    log,
    index,
    embedder,
    generation,
    fingerprint: "f",
    isActive: () => true,
    clock,
    token: tokenSource("test"),
    observer: silentObserver,
    restate: async () => {
      throw new Error("nothing is to be stated again");
    },
    passed: () => {},
  });
  const mutation = { ...aMutation({ revision: 1 }), body: null };
  const partsFor = (texts: readonly string[]) =>
    partsOf(
      {
        mutation,
        contentHash: "content",
        title: null,
        characters: 10,
        forced: false,
        chunkedAtMs: clock.nowMs(),
        chunkMs: 0,
      },
      texts.map((text) => hashChunk({ text, heading: [] })),
      generation,
    );
  const { signal } = new AbortController();
  const apply = (items: ReturnType<typeof partsFor>) =>
    stage.handle([{ key: mutation.documentId, items }], {
      progressFor: () => [],
      proves: () => {},
      signal,
    });
  const manifest = async () => (await index.manifests(generation, [mutation.documentId]))[0];
  return { apply, embedder, index, log, manifest, mutation, partsFor, stage };
}

test("a chunk that is refused in an early part of a long document becomes a dead letter", async () => {
  const { apply, log, manifest, partsFor } = await aWorld();
  const parts = partsFor(["a bad start", long, "the end"]);
  expect(parts.length).toBe(3);

  await apply(parts);

  expect((await manifest())?.indexed).toMatchObject({ failedChunks: 1 });
  expect([...(await readDeadLetters(log)).values()]).toMatchObject([
    {
      reason: "embedding-refused",
      chunk: hashChunk({ text: "a bad start", heading: [] }).chunkHash,
    },
  ]);
});

test("a refused chunk is told before its document is committed", async () => {
  const { apply, index, log, partsFor } = await aWorld();
  const commit = index.commit.bind(index);
  let toldBefore = 0;
  index.commit = async (...arguments_) => {
    toldBefore = (await readDeadLetters(log)).size;
    return commit(...arguments_);
  };

  await apply(partsFor(["a bad start", "the end"]));

  expect(toldBefore).toBe(1);
});

test("what a process wrote ahead before it died is swept when its revision is superseded", async () => {
  const { apply, index, mutation, partsFor } = await aWorld();
  const { documentId } = mutation;
  await index.putPoints(generation, somePoints(["the tide comes in"], { documentId }));
  const removed = aManifest({ documentId, revision: 2, indexed: { live: [] } });
  await index.commit(
    generation,
    [{ manifest: removed, tokenRead: null, put: [], sweep: null }],
    [],
  );

  await apply(partsFor(["the tide comes in"]));

  expect(await index.pointsOf(generation, documentId)).toEqual([]);
});

test("a document whose every chunk is refused is set aside whole", async () => {
  const { apply, log, partsFor } = await aWorld();

  await expect(apply(partsFor(["bad", "bad too"]))).rejects.toThrow("bad");

  expect((await readDeadLetters(log)).size).toBe(0);
});

test("a vector that is to be made good is taken for no other document of its delivery", async () => {
  const { apply, embedder, index, mutation, partsFor, stage } = await aWorld();
  await apply(partsFor(["low water"]));
  const [point] = await index.pointsOf(generation, mutation.documentId);
  if (!point) throw new Error("no point was stored");
  await index.putPoints(generation, [{ ...point, vector: point.vector.map((x) => -x) }]);
  const documentId = "app/another" as typeof mutation.documentId;
  const others = partsFor(["low water"]).map((part) => ({
    ...part,
    mutation: { ...part.mutation, documentId },
    digests: placeChunks(generation, documentId, part.chunks).map(({ digest }) => digest),
  }));
  const again = partsFor(["low water"]).map((part) => ({ ...part, forced: true }));

  await stage.handle(
    [
      { key: documentId, items: others },
      { key: mutation.documentId, items: again },
    ],
    { progressFor: () => [], proves: () => {}, signal: new AbortController().signal },
  );

  const { vectors } = await embedder.embed({
    texts: ["low water"],
    purpose: "document",
    lane: "live",
    signal: new AbortController().signal,
  });
  for (const id of [documentId, mutation.documentId]) {
    const stored = await index.pointsOf(generation, id);
    expect(stored.map(({ vector }) => vector)).toEqual(vectors);
  }
});
