import { decodeHint, decodeMarker, type ListedDocument, type Manifest } from "@tidemark/domain";
import {
  aGeneration,
  aManifest,
  anId,
  aSource,
  IndexStore,
  MemoryEventLog,
  MemoryVectorIndex,
  VirtualClock,
} from "@tidemark/testing";
import * as fc from "fast-check";
import type { DocumentSource } from "../ports/document-source.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Finding } from "../ports/source-watch.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import { hintsTopic, resolverGroup } from "../topics.ts";
import { scanSource } from "./scan.ts";

/** What is known of a key: its state as a digest, or null where it is deleted. */
type Known = Readonly<Record<string, string | null>>;

async function put(index: VectorIndex, known: Known, position: number): Promise<void> {
  for (const [key, digest] of Object.entries(known)) {
    const documentId = anId(key);
    const [before] = await index.manifests(aGeneration, [documentId]);
    const seen = { sourceDigest: digest, deleted: digest === null };
    const manifest: Manifest = aManifest({ documentId, seen, revision: { epoch: 1, position } });
    const commit = { manifest, tokenRead: before?.token ?? null, put: [], sweep: null };
    await index.commit(aGeneration, [commit], []);
  }
}

/** An index that lists itself as it was, and tells of one document as it is now. */
async function aStaleIndex(then: Known, now: Known): Promise<VectorIndex> {
  const store = new IndexStore();
  const index = new MemoryVectorIndex(store);
  await index.ensureGeneration(aGeneration, 32);
  await put(index, then, 1);
  const old = new MemoryVectorIndex(store.snapshot());
  await put(index, now, 2);
  return new Proxy<VectorIndex>(index, {
    get(object, name) {
      const from = name === "listManifests" ? old : object;
      const value: unknown = Reflect.get(from, name, from);
      return typeof value === "function" ? (value.bind(from) as unknown) : value;
    },
  });
}

async function scanned(
  index: VectorIndex,
  listed: readonly ListedDocument[],
  { clock, log }: { readonly clock: Clock; readonly log: EventLog } = aWorld(),
) {
  const found: Finding[] = [];
  const from: DocumentSource = {
    read: () => Promise.resolve({ kind: "gone" }),
    async *list() {
      yield* listed;
    },
  };
  const report = await scanSource({
    source: aSource,
    from,
    log,
    index,
    generation: aGeneration,
    clock,
    epoch: 1,
    snapshot: false,
    limits: { above: 1_000, share: 1 },
    confirmed: null,
    found: (finding) => found.push(finding),
  });
  const ranges = await log.ranges(hintsTopic);
  const records = await Promise.all(
    ranges.map(({ begin, end, partition }) =>
      log.read(hintsTopic, partition, { from: begin, to: end, recordsMax: 10_000 }),
    ),
  );
  const hinted = records.flat().flatMap(({ value }) => {
    if (decodeMarker(value ?? "")) return [];
    const hint = decodeHint(value ?? "");
    if ("problem" in hint) throw new Error(hint.problem);
    return [hint];
  });
  return { found, hinted, report };
}

function aWorld() {
  const clock = new VirtualClock();
  return { clock, log: new MemoryEventLog({ clock }) };
}

const listedAs = (known: Known): ListedDocument[] =>
  Object.entries(known).flatMap(([key, digest]) => (digest === null ? [] : [{ key, digest }]));

test.each<[string, Known, Known]>([
  ["of a document that is new", {}, { "a.md": "2" }],
  ["of an edit", { "a.md": "1" }, { "a.md": "2" }],
  ["of a deletion", { "a.md": "1" }, { "a.md": null }],
  ["of what is there again", { "a.md": null }, { "a.md": "2" }],
])("what was applied since an index listed itself is no difference: %s", async (...row) => {
  const [, then, now] = row;
  const index = await aStaleIndex(then, now);

  const { found, hinted, report } = await scanned(index, listedAs(now));

  expect(report).toMatchObject({ missing: 0, stale: 0, orphaned: 0, applied: 0, held: 0 });
  expect({ found, hinted }).toEqual({ found: [], hinted: [] });
});

test("what differs still is found with what the index knows of it now", async () => {
  const index = await aStaleIndex({ "a.md": "1", "b.md": "1" }, { "a.md": "2", "b.md": "2" });

  const { found, hinted } = await scanned(index, [{ key: "a.md", digest: "3" }]);

  const known = { epoch: 1, position: 2 };
  expect(found).toEqual([
    { key: "a.md", before: "2", now: "3", known },
    { key: "b.md", before: "2", now: null, known },
  ]);
  expect(new Map(hinted.map(({ documentId, expects }) => [documentId, expects]))).toEqual(
    new Map([
      [anId("a.md"), "present"],
      [anId("b.md"), "absent"],
    ]),
  );
});

test("however old a listing of the index is, a difference is found once where there is one, and nowhere else", async () => {
  const digests = fc.option(fc.constantFrom("1", "2"), { nil: null });
  const keys = ["a", "b", "c", "d", "e", "f"];
  const world = fc.dictionary(fc.constantFrom(...keys), digests);
  await fc.assert(
    fc.asyncProperty(world, world, world, async (then, since, listed) => {
      const now = { ...then, ...since };
      const index = await aStaleIndex(then, since);
      const inOrder = listedAs(listed).sort((a, b) => (a.key < b.key ? -1 : 1));

      const { found, hinted } = await scanned(index, inOrder);

      const differing = keys.filter((key) => (now[key] ?? null) !== (listed[key] ?? null));
      // What the old listing had right at the time is left to the next scan.
      const wasEqual = (key: string) => (then[key] ?? null) === (listed[key] ?? null);
      const expected = differing.filter((key) => !wasEqual(key));
      expect(found.map(({ key }) => key)).toEqual(expected);
      expect(hinted.map(({ documentId }) => documentId).sort()).toEqual(expected.map(anIdOf));
    }),
  );
});

test("a scan goes no further ahead of the resolver than that sees what is urgent among its hints", async () => {
  const { clock, log } = aWorld();
  const index = await aStaleIndex({}, {});
  const keys = Array.from({ length: 25_000 }, (_, at) => `k${String(at).padStart(5, "0")}`);
  const listed = keys.map((key) => ({ key, digest: "1" }));
  const scanning = scanned(index, listed, { clock, log });
  const resolver = await log.consumer(hintsTopic, resolverGroup);
  const lag = () => log.lag(hintsTopic, resolverGroup);

  const lags: number[] = [];
  for (let times = 0; times < 3; times += 1) {
    await clock.advance(60_000);
    lags.push(await lag());
    for (const { end, partition } of await log.ranges(hintsTopic)) {
      await resolver.acknowledge(partition, end);
    }
  }
  const { report } = await scanning;

  expect(lags[0]).toBeGreaterThanOrEqual(10_000);
  expect(Math.max(...lags)).toBeLessThan(11_000);
  expect(report.missing).toBe(keys.length);
});

test("the hints of many differences are published in batches, and none is forgotten", async () => {
  const keys = Array.from({ length: 1_234 }, (_, at) => `k${String(at).padStart(5, "0")}`);
  const index = await aStaleIndex({}, {});

  const { hinted, report } = await scanned(
    index,
    keys.map((key) => ({ key, digest: "1" })),
  );

  expect(report.missing).toBe(keys.length);
  expect(hinted.map(({ documentId }) => documentId).sort()).toEqual(keys.map(anIdOf));
});

const anIdOf = (key: string) => anId(key);
