import { encodeMutation, sourceName, type DocumentId, type GenerationId } from "@tidemark/domain";
import {
  aDraft,
  aGeneration,
  anAsker,
  anId,
  aPolicy,
  aQuestion,
  aWorldDocument,
  only,
  SearchedWorld,
  seenRevision,
  type WorldDocument,
  askedText,
  betterDocuments,
  wantedId,
  worldOfWanted,
} from "@tidemark/testing";
import type { DocumentSource, SourceState } from "../ports/document-source.ts";
import { chunkerGroup, mutationsTopic } from "../topics.ts";
import { publishDeadLetters, readDeadLetters } from "../run-stage/dead-letters.ts";

function aSource(state: SourceState): DocumentSource {
  return { read: async () => state, list: () => (async function* () {})() };
}

async function state(world: SearchedWorld, id: DocumentId): Promise<void> {
  const { epoch, position, ...draft } = aDraft({ documentId: id, revision: seenRevision });
  const value = encodeMutation({ ...draft, epoch, position });
  await world.log.append(mutationsTopic, [{ key: id, value }]);
}

describe("what is found", () => {
  test("is found at its rank, with the chunk that is nearest", async () => {
    const world = worldOfWanted({ texts: ["a storm", askedText] }, ...betterDocuments(0));

    const report = await world.why(aQuestion(), wantedId);

    expect(report).toMatchObject({
      step: "found",
      reason: null,
      fix: null,
      placing: { rank: 1, limit: 10, score: 1 },
      nearest: { ordinal: 1, chunks: 2, text: askedText, heading: ["Guide"] },
      revision: { seen: { position: 3 }, indexed: { position: 3 } },
    });
    expect(report.explanation).toBe("it is found at rank 1 with 1.000");
  });

  test("is told to be older than what is known", async () => {
    const report = await worldOfWanted({ isStale: true }).why(aQuestion(), wantedId);

    expect(report).toMatchObject({
      step: "found",
      hints: ["revision 1.3 is newer and on its way"],
      revision: { indexed: { position: 2 } },
    });
  });

  test("is told to be found in a generation that other searches do not read", async () => {
    const world = worldOfWanted({ state: "absent" });
    const id = "g0" as GenerationId;
    world.add(id, "retiring");
    world.write(aWorldDocument({ id: wantedId }), id);

    const before = await world.why(aQuestion({ generation: id }), wantedId);

    expect(before).toMatchObject({ step: "found", generation: id });
    expect(before.hints).toEqual(["generation g0 is retiring: other searches read another one"]);
  });

  test("is told to lack chunks that are not stored", async () => {
    const world = worldOfWanted({ texts: [askedText, "a storm"] });
    const points = await world.index.pointsOf(aGeneration, wantedId);
    for (const { id, text } of points) if (text === "a storm") world.lose(id);

    const { hints, step } = await world.why(aQuestion(), wantedId);

    expect([step, hints]).toEqual(["found", ["1 of its 2 chunks are not stored any more"]]);
  });
});

describe("what is not known", () => {
  test("has a source that is not configured", async () => {
    const report = await worldOfWanted({}).why(aQuestion(), anId("a.md", "gone"));

    expect(report).toMatchObject({ step: "known", reason: "unknownSource" });
    expect(report.explanation).toBe("no source gone is configured; there are: files, wiki");
  });

  test("was never seen by its source", async () => {
    const world = worldOfWanted({ state: "absent" });

    const report = await world.why(aQuestion(), wantedId);

    expect(report).toMatchObject({ step: "known", reason: "neverSeen", revision: null });
    expect(report.fix).toContain("tidemark reconcile");
  });

  test.each(["absent", "deleted"] as const)(
    "is left out by the settings of its source, and is %s for that",
    async (standing) => {
      const world = worldOfWanted({ state: standing });
      world.from = aSource({ kind: "filtered" });
      world.serve("files");

      const report = await world.why(aQuestion(), wantedId);

      expect(report).toMatchObject({ step: "known", reason: "excluded" });
      expect(report.fix).toContain("include, exclude");
    },
  );

  test("is in its source and was not heard of", async () => {
    const world = worldOfWanted({ state: "absent" });
    world.from = aSource({ kind: "blocked", reason: "403" });
    world.serve("files");

    const report = await world.why(aQuestion(), wantedId);

    expect(report).toMatchObject({
      step: "known",
      reason: "waiting",
      waiting: { stage: "observe", waitsFor: "resolver" },
    });
  });

  test("was stated by its source and waits to be seen", async () => {
    const world = worldOfWanted({ state: "absent" });
    await state(world, wantedId);

    const report = await world.why(aQuestion(), wantedId);

    expect(report).toMatchObject({
      reason: "waiting",
      waiting: { stage: "queue", waitsFor: "chunker" },
    });
    expect(report.explanation).toContain("was not seen yet");
  });

  test("was seen and waits for the part whose turn it is, which is in trouble", async () => {
    const world = worldOfWanted({ state: "waiting" });
    await state(world, wantedId);
    const consumer = await world.log.consumer(mutationsTopic, chunkerGroup(aGeneration));
    const records = await consumer.poll({ recordsMax: 10, bytesMax: 1_000_000, waitMs: 0 });
    for (const { offset, partition } of records) await consumer.acknowledge(partition, offset + 1);
    world.troubles = { embedder: "no answer" };

    const report = await world.why(aQuestion(), wantedId);

    expect(report).toMatchObject({
      step: "known",
      reason: "waiting",
      waiting: { stage: "embed", waitsFor: "embedder", trouble: "no answer" },
    });
    expect(report.explanation).toContain("it waits at stage embed for the embedder");
  });

  test("waits where freshness says that it does", async () => {
    const world = worldOfWanted({ state: "waiting" });
    const source = sourceName("files");
    const oldest = {
      documentId: wantedId,
      tenant: "*",
      kind: "change",
      sinceMs: 5,
      stage: "write",
      waitsFor: "index",
      trouble: "qdrant did not answer",
    } as const;
    const stages = { observe: 0, queue: 0, chunk: 0, embed: 0, write: 1, visible: 0 };
    const none = {
      pending: 1,
      late: 0,
      restrictionsLate: 0,
      tenants: [],
      objectives: [],
      followed: { toMs: 0, unfollowedAtMs: 0, waiting: [] },
      embeddingAge: null,
      probe: null,
    };
    world.told = { source, oldest, stages, ...none };

    const { waiting } = await world.why(aQuestion(), wantedId);

    const { sinceMs, stage, trouble, waitsFor } = oldest;
    expect(waiting).toEqual({ sinceMs, stage, trouble, waitsFor });
  });

  test("failed, with its reason and the dead letter to retry", async () => {
    const world = worldOfWanted({ state: "failed" });
    await publishDeadLetters(world.log, [
      {
        stage: "chunker",
        group: chunkerGroup(aGeneration),
        generation: aGeneration,
        documentId: wantedId,
        revision: { epoch: 1, position: seenRevision },
        chunk: null,
        topic: mutationsTopic,
        partition: 0,
        offset: 0,
        reason: "size-limit",
        message: "too large",
        attempts: 1,
        atMs: 0,
        state: "open",
      },
    ]);
    const [id] = (await readDeadLetters(world.log)).keys();

    const report = await world.why(aQuestion(), wantedId);

    expect(report).toMatchObject({
      step: "known",
      reason: "failed",
      fix: `mend it in its source, or tidemark dlq retry ${id}`,
    });
    expect(report.explanation).toBe("size-limit: too large");
  });

  test("was deleted, by which revision and when", async () => {
    const report = await worldOfWanted({ state: "deleted" }).why(aQuestion(), wantedId);

    expect(report).toMatchObject({ step: "known", reason: "deleted" });
    expect(report.explanation).toBe("deleted at revision 1.3, seen at 2026-01-01T00:00:00.000Z");
  });

  test.each(["archived", "empty"] as const)("is %s", async (standing) => {
    const report = await worldOfWanted({ state: standing }).why(aQuestion(), wantedId);

    expect(report).toMatchObject({ step: "known", reason: standing });
  });

  test("is told to be in another generation", async () => {
    const world = worldOfWanted({ state: "absent" });
    const id = "g2" as GenerationId;
    world.add(id, "building");
    world.write(aWorldDocument({ id: wantedId }), id);

    const { explanation } = await world.why(aQuestion(), wantedId);

    expect(explanation).toContain("generation g2, which is building, has it");
  });

  test.each([
    ["superseded by a newer revision", {}, { position: 2 }, "superseded"],
    ["on its way", { isStale: true }, { position: 3 }, "waiting"],
  ] as const)(
    "is a write that is %s, where what is searched does not come near",
    async (...the) => {
      const [, document, written, reason] = the;
      const world = worldOfWanted({ texts: ["a storm"], ...document }, ...betterDocuments(1));
      const after = [{ documentId: wantedId, revision: { epoch: 1, ...written } }];

      const report = await world.why(aQuestion({ limit: 1, after }), wantedId);

      expect(report).toMatchObject({ step: "known", reason, placing: { rank: 2 } });
      expect(report.explanation).toContain(`revision 1.${written.position}`);
    },
  );
});

test("points that a manifest lists and nobody stores are lost by the index", async () => {
  const report = await worldOfWanted({ arePointsLost: true }).why(aQuestion(), wantedId);

  expect(report).toMatchObject({ step: "indexed", reason: "points", nearest: null });
  expect(report.fix).toContain("audit --repair");
});

describe("who asks", () => {
  const ann = anAsker({ tenant: "acme", principals: ["ann"] });

  test.each([
    ["tenant", { tenant: "beta" }, "it is of tenant beta"],
    ["permissions", { permissions: only("bo", "cy") }, "its readers are bo, cy"],
    ["unreadable", { permissions: { kind: "unknown" } }, "nobody may read it"],
  ] as const)("may not read it for its %s", async (reason, policy, said) => {
    const world = worldOfWanted({ policy: aPolicy(policy) });

    const report = await world.why(aQuestion({ asker: ann }), wantedId);

    expect(report).toMatchObject({ step: "allowed", reason, nearest: { text: null, heading: [] } });
    expect(report.explanation).toContain(said);
  });

  test("may not read content that was written under a stricter policy", async () => {
    const world = worldOfWanted({
      isStale: true,
      contentPolicy: aPolicy({ permissions: only("bo") }),
    });

    const report = await world.why(aQuestion({ asker: ann }), wantedId);

    expect(report).toMatchObject({ step: "allowed", reason: "permissions" });
    expect(report.explanation).toContain("revision 1.2 and was written under a stricter policy");
  });

  const annsKey = { tenants: ["acme"], principals: ["ann"] };

  test.each<[string, Partial<WorldDocument>]>([
    ["of another tenant", { policy: aPolicy({ tenant: "beta" }) }],
    ["of other readers", { policy: aPolicy({ permissions: only("bo") }) }],
    ["unreadable", { policy: aPolicy({ permissions: { kind: "unknown" } }) }],
    ["of other readers until now", { contentPolicy: aPolicy({ permissions: only("bo") }) }],
    ["deleted", { state: "deleted" }],
    [
      "waiting for other readers",
      { state: "waiting", policy: aPolicy({ permissions: only("bo") }) },
    ],
    ["failed for other readers", { state: "failed", policy: aPolicy({ tenant: "beta" }) }],
    ["stated by its source alone", { state: "absent" }],
  ])(
    "is told the same of a document that is %s as of one that nobody knows",
    async (_, document) => {
      const world = worldOfWanted(document);
      await state(world, wantedId);
      world.from = aSource({ kind: "filtered" });
      world.serve("files");
      const question = aQuestion({ asker: ann });

      const told = await world.why(question, wantedId, annsKey);
      const unknown = await new SearchedWorld().why(question, wantedId, annsKey);

      expect(told).toEqual(unknown);
      expect(told).toMatchObject({
        step: "known",
        reason: "unknown",
        revision: null,
        nearest: null,
      });
    },
  );

  test("is told of what another in whose name the key may ask could read, without its readers", async () => {
    const world = worldOfWanted({ policy: aPolicy({ tenant: "acme", permissions: only("bo") }) });
    const question = aQuestion({ asker: ann });

    const told = await world.why(question, wantedId, {
      tenants: ["acme"],
      principals: ["ann", "bo"],
    });

    expect(told).toMatchObject({ step: "allowed", reason: "permissions", nearest: { text: null } });
    expect(told.explanation).toBe("its policy does not allow the asker");
  });

  test("is not told what is wrong with a part, unless it is an operator", async () => {
    const world = worldOfWanted({ state: "waiting" });
    await state(world, wantedId);
    world.troubles = { chunker: "its disk is full" };

    const told = await world.why(aQuestion({ asker: ann }), wantedId, annsKey);

    expect(told).toMatchObject({ reason: "waiting", waiting: { stage: "queue", trouble: null } });
    expect(JSON.stringify(told)).not.toContain("disk");
  });
});

test("a search that would be refused is not explained", async () => {
  const asked = worldOfWanted({}).why(aQuestion({ tenant: "*" }), wantedId);

  await expect(asked).rejects.toMatchObject({ status: 400, code: "tenant-required" });
});
