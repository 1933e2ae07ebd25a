import type { GenerationId } from "@tidemark/domain";
import { aManifest, anId, aSource } from "@tidemark/testing";
import * as fc from "fast-check";
import type { ListedManifest } from "../ports/vector-index.ts";
import { firstManifests, listedManifest } from "./list-manifests.ts";
import { ListingSpools } from "./listing-spool.ts";

const generation = "g1" as GenerationId;

/** An index in no order, and how often it was gone through. */
function anIndex(keys: readonly string[]) {
  const manifests = keys.map((key) => aManifest({ documentId: anId(key) }));
  async function* listAll(): AsyncGenerator<readonly ListedManifest[]> {
    index.passes += 1;
    for (let at = 0; at < manifests.length; at += 3) {
      yield manifests.slice(at, at + 3).map(listedManifest);
    }
  }
  const index = { manifests, passes: 0, spools: (max?: number) => new ListingSpools(listAll, max) };
  return index;
}

async function listed(spools: ListingSpools, limit: number): Promise<readonly ListedManifest[]> {
  const all: ListedManifest[] = [];
  for (;;) {
    const after = all.at(-1)?.documentId ?? null;
    const page = await spools.page(generation, aSource, { after, limit });
    all.push(...page);
    if (page.length < limit) return all;
  }
}

test("pages hold every manifest once, in the order of keys, whatever is kept", async () => {
  const keys = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }), {
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 6 }), fc.nat(8), async (some, limit, max) => {
      const index = anIndex(some);

      const all = await listed(index.spools(max), limit);

      const sorted = firstManifests(index.manifests, { after: null, limit: Infinity });
      expect(all).toEqual(sorted.map(listedManifest));
    }),
  );
});

test("a scan goes through the index once", async () => {
  const index = anIndex(["a", "b", "c", "d", "e"]);

  await listed(index.spools(), 2);

  expect(index.passes).toBe(1);
});

test("a new scan sees what came since the last one began", async () => {
  const index = anIndex(["a", "b", "c"]);
  const spools = index.spools();
  await spools.page(generation, aSource, { after: null, limit: 2 });
  index.manifests.push(aManifest({ documentId: anId("aa") }));

  const all = await listed(spools, 2);

  expect(all.map(({ documentId }) => documentId)).toContain(anId("aa"));
});

test("a page that nobody began, or of a generation that was dropped, begins a pass", async () => {
  const index = anIndex(["a", "b", "c", "d"]);
  const spools = index.spools();

  const page = await spools.page(generation, aSource, { after: anId("a"), limit: 2 });
  spools.clear(generation);
  const next = await spools.page(generation, aSource, { after: anId("c"), limit: 2 });

  expect(page.map(({ documentId }) => documentId)).toEqual([anId("b"), anId("c")]);
  expect(next.map(({ documentId }) => documentId)).toEqual([anId("d")]);
  expect(index.passes).toBe(2);
});
