import type { GenerationId } from "@tidemark/domain";
import { aManifest, anId } from "@tidemark/testing";
import { Collection } from "./collection.ts";
import { Connection } from "./connection.ts";
import { openFake } from "./fixtures/open-fake.ts";
import { manifestRecord } from "./manifest-payload.ts";
import { probeRecordId } from "./record-id.ts";

const prefix = "tidemark_";
const g1 = "g1" as GenerationId;
const [known, unknown, half] = [anId("known"), anId("unknown"), anId("half \ud800")];

/** A manifest of each document under an id that is no manifest's, beside the first one's own. */
async function withStrays() {
  const at = await openFake({ prefix });
  await at.primitives.ensureGeneration(g1, 32);
  await at.primitives.insertManifests(g1, [aManifest({ documentId: known })]);
  const connection = { url: at.fake.url, apiKey: null, ca: null, timeoutMs: 10_000 };
  await using direct = new Connection(connection);
  const collection = new Collection(direct, `${prefix}${g1}`);
  for (const [number, documentId] of [known, known, unknown, half].entries()) {
    const record = manifestRecord(g1, aManifest({ documentId }));
    await collection.upsert([{ ...record, id: probeRecordId(String(number)) }], { mode: "upsert" });
  }
  return at;
}

test("manifests under ids that nobody reads are counted by their documents", async () => {
  await using at = await withStrays();

  const strays = await at.primitives.strayManifests(g1, [unknown, known, anId("other"), half]);

  expect(strays).toEqual([1, 2, 0, 1]);
});

test("a manifest that stands elsewhere is never taken for sound", async () => {
  await using at = await withStrays();

  const { kept } = await at.primitives.scrollKept(g1, { source: null, from: null, limit: 10 });

  expect(kept).toHaveLength(5);
  expect(kept.filter(({ isKeptAlike }) => isKeptAlike)).toHaveLength(1);
});

test("they are deleted, and a manifest that is read stays", async () => {
  await using at = await withStrays();

  await at.primitives.deleteStrayManifests(g1, [known]);

  expect(await at.primitives.strayManifests(g1, [known, unknown])).toEqual([0, 1]);
  expect((await at.primitives.readManifests(g1, [known]))[0]?.documentId).toBe(known);
});
