import type { GenerationId, Manifest } from "@tidemark/domain";
import { aGeneration, aManifest, MemoryEventLog, MemoryVectorIndex } from "@tidemark/testing";
import { publishDeadLetters, type DeadLetter } from "../run-stage/dead-letters.ts";
import { DeadLetterDesk, type DeskOptions } from "./dead-letter-desk.ts";

const built = "g2" as GenerationId;

async function aDesk(manifests: ReadonlyMap<GenerationId, Manifest>) {
  const log = new MemoryEventLog();
  const index = new MemoryVectorIndex();
  for (const [generation, manifest] of manifests) {
    await index.ensureGeneration(generation, 2);
    await index.commit(generation, [{ manifest, tokenRead: null, put: [], sweep: null }], []);
  }
  const lines = [...manifests.keys()].map((id) => ({ generation: { id } }));
  const generations = {
    active: { id: aGeneration },
    lines,
  } as unknown as DeskOptions["generations"];
  const desk = new DeadLetterDesk({ log, index, generations } as unknown as DeskOptions);
  const publish = (letter: Partial<DeadLetter>) =>
    publishDeadLetters(log, [
      {
        stage: "upserter",
        group: "upserter",
        generation: aGeneration,
        documentId: aManifest().documentId,
        revision: { epoch: 1, position: 3 },
        chunk: null,
        topic: "chunks",
        partition: 0,
        offset: 0,
        reason: "bad-vector",
        message: "",
        attempts: 1,
        atMs: 0,
        state: "open",
        ...letter,
      },
    ]);
  return { desk, publish };
}

function withFailedChunks(revision: number, failedChunks: number): Manifest {
  const manifest = aManifest({ revision });
  return { ...manifest, indexed: manifest.indexed && { ...manifest.indexed, failedChunks } };
}

test.each([
  ["its document is live at a later revision", 4, null, 0, 0],
  ["its document is live at an older one", 2, null, 0, 1],
  ["the same text without its chunk has followed a facet", 4, "chunk", 1, 1],
  ["its chunk was repaired", 3, "chunk", 0, 0],
])("a dead letter when %s", async (_when, revision, chunk, failedChunks, listed) => {
  const { desk, publish } = await aDesk(
    new Map([[aGeneration, withFailedChunks(revision, failedChunks)]]),
  );

  await publish({ chunk });

  expect(await desk.list()).toHaveLength(listed);
});

test("what fails in a generation that is built is listed, though the active one has it", async () => {
  const { desk, publish } = await aDesk(
    new Map([
      [aGeneration, aManifest({ revision: 3 })],
      [built, aManifest({ revision: 3, indexed: null })],
    ]),
  );

  await publish({ generation: built });

  expect(await desk.list()).toMatchObject([{ generation: built }]);
});
