import type { Manifest, Token } from "@tidemark/domain";
import {
  aGeneration as generation,
  aManifest,
  anId,
  aPolicy,
  aRevision,
  aToken,
  digestsOf,
  IndexStore,
  MemoryPrimitives,
  only,
  somePoints,
} from "@tidemark/testing";
import { TransientError } from "../errors.ts";
import type { DocumentCommit } from "../ports/vector-index.ts";
import { PrimitiveIndex } from "./by-primitives.ts";

const dimension = 32;
const id = anId();

function aStore(): IndexStore {
  const store = new IndexStore();
  store.ensure(generation, dimension);
  return store;
}

/** Texts made live at a revision; what they replace is swept. */
function aCommit(parts: {
  readonly revision: number;
  readonly texts: readonly string[];
  readonly read?: Manifest | undefined;
  readonly token?: Token;
  readonly names?: readonly string[];
}): DocumentCommit {
  const { revision, texts, read, names = ["ann"] } = parts;
  const put = somePoints(texts, { documentId: id, revision });
  const live = digestsOf(put);
  const manifest = aManifest({
    documentId: id,
    revision,
    token: parts.token ?? aToken(),
    policy: aPolicy({ permissions: only(...names) }),
    indexed: { live, contentHash: texts.length === 0 ? "" : texts.join() },
    seen: { deleted: texts.length === 0 },
  });
  const copied = read?.copied ?? aRevision(0);
  return {
    manifest: { ...manifest, copied },
    tokenRead: read?.token ?? null,
    put,
    sweep: { revision: aRevision(revision), live },
  };
}

/** A client that dies before its nth step. */
function dyingBefore(store: IndexStore, nth: number): PrimitiveIndex {
  let steps = 0;
  return new PrimitiveIndex(
    new MemoryPrimitives(store, async (step) => {
      steps += 1;
      if (steps >= nth) throw new TransientError(`died before ${step}`);
    }),
  );
}

const stateOf = (store: IndexStore) => ({
  manifest: store.of(generation).manifests.get(id),
  points: store
    .of(generation)
    .pointsOf(id)
    .map(({ text, revision, copies, copiesRevision }) => ({
      text,
      revision,
      copies,
      copiesRevision,
    }))
    .sort((a, b) => (a.text < b.text ? -1 : 1)),
});

test("a commit that dies before any of its steps is completed by being done again", async () => {
  const first = aCommit({ revision: 1, texts: ["ebb", "flood"] });
  const undisturbed = aStore();
  await new PrimitiveIndex(new MemoryPrimitives(undisturbed)).commit(generation, [first], []);
  const second = aCommit({
    revision: 2,
    texts: ["flood", "slack"],
    read: stateOf(undisturbed).manifest,
    names: ["ann", "bo"],
  });
  const progress = [{ topic: "t", group: "g", partition: 0, offset: 2 }];
  const begun = undisturbed.snapshot();
  await new PrimitiveIndex(new MemoryPrimitives(undisturbed)).commit(
    generation,
    [second],
    progress,
  );
  let died = true;
  let steps = 0;

  for (let nth = 1; died; nth += 1) {
    const store = begun.snapshot();
    died = await dyingBefore(store, nth)
      .commit(generation, [second], progress)
      .then(() => false)
      .catch(() => true);
    const again = new PrimitiveIndex(new MemoryPrimitives(store));
    const [found] = await again.manifests(generation, [id]);
    expect(found).toBeDefined();
    await again.commit(generation, [second], progress);

    expect(stateOf(store)).toEqual(stateOf(undisturbed));
    expect(store.progress("t", "g")).toEqual(new Map([[0, 2]]));
    steps = nth;
  }

  expect(steps).toBeGreaterThan(8);
});

test("whoever reads a manifest whose copies are behind finishes them", async () => {
  const store = aStore();
  const index = new PrimitiveIndex(new MemoryPrimitives(store));
  await index.commit(generation, [aCommit({ revision: 1, texts: ["ebb", "flood"] })], []);
  const [read] = await index.manifests(generation, [id]);
  if (!read) throw new Error("it was committed");
  const { put: _put, ...widened } = aCommit({
    revision: 2,
    texts: ["ebb", "flood"],
    read,
    names: ["ann", "bo"],
  });

  const dying = dyingBefore(store, 4);
  await expect(dying.commit(generation, [{ ...widened, put: [] }], [])).rejects.toThrow(
    "setCopies",
  );
  const [found] = await index.manifests(generation, [id]);

  expect(found?.copied).toEqual(aRevision(2));
  expect(stateOf(store).points.map(({ copiesRevision }) => copiesRevision.position)).toEqual([
    2, 2,
  ]);
});

test("a point that a delete left and that is live again is not swept by the delete", async () => {
  const store = aStore();
  const index = new PrimitiveIndex(new MemoryPrimitives(store));
  await index.commit(generation, [aCommit({ revision: 1, texts: ["ebb"] })], []);
  const deletion = aCommit({ revision: 2, texts: [], read: stateOf(store).manifest });
  await index.commit(generation, [{ ...deletion, sweep: null }], []);

  const again = aCommit({ revision: 3, texts: ["ebb"], read: stateOf(store).manifest });
  const overtaken = new PrimitiveIndex(
    new MemoryPrimitives(store, async (step) => {
      if (step !== "updateManifest") return;
      await index.sweep(generation, id, { revision: aRevision(2), live: [] });
    }),
  );
  await overtaken.commit(generation, [again], []);

  expect(stateOf(store).points).toMatchObject([{ text: "ebb", revision: aRevision(3) }]);
});

test("copies that a paused process sets late do not replace newer ones", async () => {
  const store = aStore();
  const primitives = new MemoryPrimitives(store);
  const index = new PrimitiveIndex(primitives);
  await index.commit(generation, [aCommit({ revision: 5, texts: ["ebb"], names: ["ann"] })], []);

  const old = { policy: aPolicy(), metadata: {} };
  await primitives.setCopies(generation, [{ documentId: id, copies: old, revision: aRevision(4) }]);

  expect(stateOf(store).points[0]?.copies?.policy.permissions).toEqual(only("ann"));
});

test("who loses leaves nothing that the winner's revision does not spare", async () => {
  const store = aStore();
  const index = new PrimitiveIndex(new MemoryPrimitives(store));
  await index.commit(generation, [aCommit({ revision: 5, texts: ["flood"] })], []);

  const outcomes = await index.commit(
    generation,
    [aCommit({ revision: 4, texts: ["ebb", "flood"] })],
    [],
  );

  expect(outcomes).toEqual(["lost"]);
  expect(stateOf(store).points.map(({ text }) => text)).toEqual(["flood"]);
});

test("a commit that carries all copies with it writes its manifest once", async () => {
  const store = aStore();
  const steps: string[] = [];
  const index = new PrimitiveIndex(
    new MemoryPrimitives(store, async (step) => {
      steps.push(step);
    }),
  );
  const stub = aManifest({ documentId: id, indexed: null });
  await index.commit(generation, [{ manifest: stub, tokenRead: null, put: [], sweep: null }], []);
  steps.length = 0;

  const read = stateOf(store).manifest;
  const { sweep: _sweep, ...commit } = aCommit({ revision: 1, texts: ["ebb", "flood"], read });
  await index.commit(generation, [{ ...commit, sweep: null }], []);

  expect(steps).toEqual([
    "putPoint",
    "putPoint",
    "copiesBehind",
    "updateManifest",
    "readManifests",
  ]);
});
