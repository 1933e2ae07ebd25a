import {
  documentId,
  fingerprintOf,
  sourceName,
  type Generation,
  type GenerationState,
} from "@tidemark/domain";
import {
  aGeneration,
  aManifest,
  anId,
  aRecipe,
  digestsOf,
  historyOf,
  LogStore,
  MemoryEmbedder,
  MemoryEventLog,
  MemoryVectorIndex,
  somePoints,
  VirtualClock,
} from "@tidemark/testing";
import type { PushedDocument, SearchRequest } from "../operations.ts";
import { mutationsTopic } from "../topics.ts";
import { TidemarkService, type ServiceOptions } from "./tidemark-service.ts";

const words = "the tide comes in";

async function aService(
  state: GenerationState = "active",
  parts: { readonly [part: string]: unknown } = {},
) {
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
    restrictions: { sources: () => [] },
    observeSearch: () => {},
    observeIncomplete: () => {},
    ...parts,
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

/** A pushed source whose epoch changes when its log does, as soon as somebody looks. */
async function aPushService(
  log: MemoryEventLog,
  { isNoticed, index }: { readonly isNoticed: boolean; readonly index?: MemoryVectorIndex },
) {
  const partitions = async () => (await log.identity(mutationsTopic)).partitions;
  let known = await partitions();
  const app = {
    name: "app",
    kind: "push",
    epoch: () => known,
    async refusesPush() {
      const now = await partitions();
      if (now !== known && !isNoticed) return "the log is another one";
      known = now;
      return null;
    },
    defaultPermissions: { kind: "public" },
    defaultTenant: "*",
  };
  await index?.ensureGeneration(aGeneration, 32);
  const sources = new Map([["app", app]]);
  return aService("active", { log, history: historyOf(log), sources, ...(index && { index }) });
}

const pushed: PushedDocument = {
  key: "note",
  content: { text: words },
  contentType: null,
  metadata: {},
  permissions: null,
  tenant: null,
  archived: false,
  sourceTimeMs: null,
};

test.each([true, false])(
  "a push during which the log becomes another is to be tried again (its new epoch is there: %s)",
  async (isNoticed) => {
    const store = new LogStore(1);
    const gate = async (method: string) => {
      if (method === "append") store.addPartitions(mutationsTopic, 4);
    };
    const log = new MemoryEventLog({ store, gate });
    const service = await aPushService(log, { isNoticed });
    const source = sourceName("app");

    const push = () => service.put(source, [pushed]);

    await expect(push()).rejects.toMatchObject({ status: 503, code: "source-not-ready" });
    if (isNoticed) expect((await push())[0]?.revision.epoch).toBe(4);
    else await expect(push()).rejects.toMatchObject({ status: 503 });
  },
);

const readers = { permissions: { kind: "only", principals: ["ann"] } } as const;

test("a part of what was just pushed is taken, seen or not", async () => {
  const service = await aPushService(new MemoryEventLog(), { isNoticed: true });
  const source = sourceName("app");
  const [put] = await service.put(source, [pushed]);

  const patched = await service.patch(source, "note", readers);

  expect(patched.revision.position).toBeGreaterThan(put?.revision.position ?? 0);
});

test("a part of a document that stands in a log before this one is refused until it is put again", async () => {
  const store = new LogStore(1);
  const index = new MemoryVectorIndex();
  const service = await aPushService(new MemoryEventLog({ store }), { isNoticed: true, index });
  const source = sourceName("app");
  await service.put(source, [pushed]);
  const id = documentId(source, "note");
  const manifest = aManifest({ documentId: id, seen: { revision: { epoch: 1, position: 1 } } });
  await index.commit(aGeneration, [{ manifest, tokenRead: null, put: [], sweep: null }], []);
  await service.patch(source, "note", readers);

  store.addPartitions(mutationsTopic, 4);

  const refused = { status: 409, code: "older-log" };
  await expect(service.patch(source, "note", readers)).rejects.toMatchObject(refused);
  await service.put(source, [pushed]);
  expect((await service.patch(source, "note", readers)).revision.epoch).toBe(4);
});

test("a part of nothing is refused, after partitions were added too", async () => {
  const store = new LogStore(1);
  const service = await aPushService(new MemoryEventLog({ store }), { isNoticed: true });
  store.addPartitions(mutationsTopic, 4);

  const patched = service.patch(sourceName("app"), "note", readers);

  await expect(patched).rejects.toMatchObject({ status: 404, code: "unknown-document" });
});
