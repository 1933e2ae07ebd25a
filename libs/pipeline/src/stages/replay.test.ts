import { encodeMutation, type DocumentId } from "@tidemark/domain";
import {
  aDelete,
  aDraft,
  aFacet,
  aGeneration,
  aManifest,
  anId,
  MemoryEventLog,
  MemoryVectorIndex,
  settled,
  VirtualClock,
} from "@tidemark/testing";
import { decodeChunkPart } from "../chunk-record.ts";
import { PoisonError } from "../errors.ts";
import { silentObserver } from "../observer.ts";
import { readDeadLetters } from "../run-stage/dead-letters.ts";
import { runStage } from "../run-stage/stage-runner.ts";
import { hasPassed } from "../service/has-passed.ts";
import { replayOf, type ReplayScope } from "../service/replay-job.ts";
import { chunkerGroup, chunksTopic, mutationsTopic } from "../topics.ts";
import { DocumentChunker } from "./document-chunker.ts";
import { Pace } from "./pace.ts";
import { replayStage } from "./replay.ts";
import { tokenSource } from "./restrict.ts";

const generation = aGeneration;
const everything: ReplayScope = { source: null, document: null, sinceMs: null, force: false };
const logger = { debug() {}, info() {}, warn() {}, error() {} };

interface Write {
  readonly id: DocumentId;
  readonly revision?: number;
  readonly text?: string;
}

async function aWorld() {
  const clock = new VirtualClock();
  // As many records at once as there are, so that what can be coalesced is.
  const log = new MemoryEventLog({ clock, chance: () => 0.999 });
  const index = new MemoryVectorIndex();
  await index.ensureGeneration(generation, 32);
  const pace = new Pace(clock);
  const dependencies = {
    log,
    index,
    generation,
    clock,
    token: tokenSource("test"),
    observer: silentObserver,
    extractor: {
      version: "1",
      async extract({ bytes }: { readonly bytes: Uint8Array }) {
        const text = Buffer.from(bytes).toString();
        if (text === "torn") throw new PoisonError("extraction-failed", "torn in two");
        return {
          text: { title: null, blocks: [{ kind: "paragraph" as const, text }] },
          characters: text.length,
        };
      },
    },
    settings: { kind: "structure" as const, tokensMax: 64, chunksMax: 100 },
    normalization: "nfc" as const,
    countTokens: (text: string) => text.split(" ").length,
    contents: new Map(),
    accepted: () => false,
    windowOf: () => null,
    pace,
    replayed: (documents: number) => void (world.replayed += documents),
  };
  const world = {
    clock,
    index,
    log,
    pace,
    replayed: 0,

    append: (key: string, value: string) => log.append(mutationsTopic, [{ key, value }]),

    write({ id, revision = 1, text = `the text of ${id}` }: Write) {
      return world.append(id, encodeMutation(aDraft({ documentId: id, revision, text })));
    },

    /** Over what the log holds now, begun and not yet done. */
    async begin(scope: Partial<ReplayScope> = {}) {
      const job = await replayOf(
        log,
        generation,
        { ...everything, ...scope },
        { newId: () => "r1", clock },
      );
      const stage = replayStage(job, dependencies, new DocumentChunker(dependencies));
      const stop = new AbortController();
      const options = { log, index: null, generation, clock, chance: () => 0, logger };
      const running = runStage(stage, { ...options, observer: silentObserver }, stop.signal);
      const ends = new Map(Object.entries(job.ends).map(([at, end]) => [Number(at), end]));
      return {
        stop: async () => {
          stop.abort();
          await clock.advance(2_000);
          await running;
        },
        isDone: () => hasPassed(log, stage, ends),
      };
    },

    async replay(scope: Partial<ReplayScope> = {}) {
      const begun = await world.begin(scope);
      await clock.advance(10_000);
      expect(await begun.isDone()).toBe(true);
      await begun.stop();
    },

    async published() {
      const { partitions } = await log.identity(chunksTopic(generation));
      const bounds = { from: 0, to: 1e9, recordsMax: 1e9 };
      const found = await Promise.all(
        Array.from({ length: partitions }, (_, at) =>
          log.read(chunksTopic(generation), at, bounds),
        ),
      );
      return found
        .flat()
        .map(({ value }) => decodeChunkPart(value ?? ""))
        .map(({ forced, mutation: { documentId, reason, revision } }) => {
          return { documentId, revision: revision.position, reason, forced };
        })
        .sort((a, b) => (a.documentId < b.documentId ? -1 : 1));
    },
  };
  return world;
}

const [a, b, c] = ["a.md", "b.md", "c.md"].map((key) => anId(key)) as [
  DocumentId,
  DocumentId,
  DocumentId,
];

test("what the log held is chunked again in the backfill lane, and nothing that came after", async () => {
  const world = await aWorld();
  await world.write({ id: a });
  await world.write({ id: b });
  const begun = await world.begin();
  await world.write({ id: c });
  await world.write({ id: a, revision: 2 });

  await world.clock.advance(10_000);

  expect(await world.published()).toEqual([
    { documentId: a, revision: 1, reason: "replay", forced: false },
    { documentId: b, revision: 1, reason: "replay", forced: false },
  ]);
  expect(world.replayed).toBe(2);
  await begun.stop();
});

test("of a document's revisions the newest alone is chunked", async () => {
  const world = await aWorld();
  await world.write({ id: a, revision: 2 });
  await world.write({ id: a, revision: 3 });
  await world.write({ id: a, revision: 1 });

  await world.replay();

  expect(await world.published()).toMatchObject([{ documentId: a, revision: 3 }]);
});

test("what is live already is left as it is, unless a person forces it", async () => {
  const world = await aWorld();
  await world.write({ id: a, revision: 4 });
  const live = aManifest({ documentId: a, revision: 4 });
  await world.index.commit(
    generation,
    [{ manifest: live, tokenRead: null, put: [], sweep: null }],
    [],
  );

  await world.replay();
  expect(await world.published()).toEqual([]);
  const forced = await aWorld();
  await forced.write({ id: a, revision: 4 });
  await forced.replay({ force: true });

  expect(await forced.published()).toEqual([
    { documentId: a, revision: 4, reason: "replay", forced: true },
  ]);
});

test.each<[what: string, scope: Partial<ReplayScope>, ids: readonly DocumentId[]]>([
  ["a source", { source: "app" as ReplayScope["source"] }, [anId("x", "app")]],
  ["a document", { document: b }, [b]],
  ["a time", { sinceMs: Date.UTC(2026, 0, 1) + 1 }, [c]],
])("of %s alone when that was asked for", async (_what, scope, ids) => {
  const world = await aWorld();
  await world.write({ id: a });
  await world.write({ id: b });
  await world.write({ id: anId("x", "app") });
  await world.clock.advance(5);
  if (ids[0] === c) await world.write({ id: c });

  await world.replay(scope);

  expect((await world.published()).map(({ documentId }) => documentId)).toEqual(ids);
});

test("deletes, facets, archived documents and what nobody can read are passed over", async () => {
  const world = await aWorld();
  const { revision, offset: _offset, ...deleted } = aDelete({ documentId: a });
  const gone = { ...deleted, epoch: revision.epoch, position: revision.position };
  await world.append(a, encodeMutation(gone));
  const {
    revision: _at,
    offset: _place,
    ...facet
  } = aFacet({ facet: "metadata", metadata: { area: "hr" } }, { documentId: b });
  await world.append(`${b}#metadata`, encodeMutation({ ...facet, epoch: 1, position: 2 }));
  await world.append(c, encodeMutation(aDraft({ documentId: c, archived: true })));
  await world.append("files/d.md", "no mutation");

  await world.replay();

  expect(await world.published()).toEqual([]);
  expect((await readDeadLetters(world.log)).size).toBe(0);
});

test("a document that fails is set aside as the live chunker would have done, and the rest goes on", async () => {
  const world = await aWorld();
  await world.write({ id: a, text: "torn" });
  await world.write({ id: b });

  await world.replay();

  const published = (await world.published()).map(({ documentId }) => documentId);
  expect(new Set(published)).toEqual(new Set([b]));
  expect([...(await readDeadLetters(world.log)).values()]).toMatchObject([
    { documentId: a, group: chunkerGroup(generation), reason: "extraction-failed" },
  ]);
  expect(world.replayed).toBe(2);
});

test("what was done before a stop is not done again, and its pace is kept", async () => {
  const world = await aWorld();
  const ids = Array.from({ length: 20 }, (_, at) => anId(`page-${at}.md`));
  for (const id of ids) await world.write({ id });
  world.pace.set(1);

  const first = await world.begin();
  await world.clock.advance(10_000);
  await first.stop();
  await settled();
  const before = (await world.published()).length;
  const second = await world.begin();
  world.pace.set(null);
  await world.clock.advance(10_000);

  expect(before).toBeGreaterThan(5);
  expect(before).toBeLessThan(15);
  expect(await second.isDone()).toBe(true);
  const published = await world.published();
  expect(new Set(published.map(({ documentId }) => documentId)).size).toBe(20);
  // But for a batch or two that were under way.
  expect(published.length).toBeLessThanOrEqual(20 + 8);
  await second.stop();
});
