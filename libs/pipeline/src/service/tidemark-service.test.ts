import { fingerprintOf, type Generation, type GenerationState } from "@tidemark/domain";
import {
  aGeneration,
  aManifest,
  anId,
  aRecipe,
  digestsOf,
  MemoryEmbedder,
  MemoryVectorIndex,
  somePoints,
  VirtualClock,
} from "@tidemark/testing";
import type { SearchRequest } from "../operations.ts";
import { TidemarkService, type ServiceOptions } from "./tidemark-service.ts";

const words = "the tide comes in";

async function aService(state: GenerationState = "active") {
  const clock = new VirtualClock();
  const embedder = new MemoryEmbedder();
  const index = new MemoryVectorIndex();
  await index.ensureGeneration(aGeneration, embedder.space.dimension);
  for (const documentId of [anId("a.md"), anId("b.md", "removed")]) {
    const put = somePoints([words], { documentId });
    const manifest = aManifest({ documentId, indexed: { live: digestsOf(put) } });
    await index.commit(aGeneration, [{ manifest, tokenRead: null, put, sweep: null }], []);
  }
  const generation: Generation = {
    id: aGeneration,
    state,
    fingerprint: fingerprintOf(aRecipe),
    recipe: { ...aRecipe, normalizer: { ...aRecipe.normalizer, form: "nfc" } },
    createdAtMs: 0,
    activatedAtMs: 0,
    retiringSinceMs: null,
  };
  const options = {
    index,
    clock,
    catalogue: { generation: () => generation },
    generations: {
      active: generation,
      line: () => ({ embedder, completeUpToMs: () => null, restrictedUpToMs: () => null }),
    },
    sources: new Map([
      ["files", { name: "files", kind: "folder", line: null, observedUpToMs: () => null }],
    ]),
    ledger: { restrictionLagMs: () => null },
    observeSearch: () => {},
  };
  return new TidemarkService(options as unknown as ServiceOptions);
}

function aSearch(parts: Partial<SearchRequest> = {}): SearchRequest {
  return {
    query: words,
    limit: 10,
    per: "document",
    filter: {},
    sources: null,
    tenant: null,
    principals: null,
    after: [],
    waitMs: 0,
    generation: null,
    preferCurrent: 0,
    ...parts,
  };
}

test("documents of a source that is not configured any more are not found", async () => {
  const service = await aService();

  const { results } = await service.search(aSearch());

  expect(results.map(({ documentId }) => documentId)).toEqual([anId("a.md")]);
});

test.each(["building", "validating"] as const)(
  "a generation that is %s is not searched: it may not have passed every restriction",
  async (state) => {
    const service = await aService(state);

    const searched = service.search(aSearch({ generation: aGeneration }));

    await expect(searched).rejects.toMatchObject({ status: 409, code: "generation-building" });
  },
);
