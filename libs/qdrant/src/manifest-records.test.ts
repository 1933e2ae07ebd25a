import type { GenerationId, PointDigest, Token } from "@tidemark/domain";
import { ManifestCounter, tallyOf } from "@tidemark/pipeline";
import { aManifest, anId, aPolicy, aRevision, aToken, only } from "@tidemark/testing";
import { openFake } from "./fixtures/open-fake.ts";
import { manifestFrom, manifestRecord, tallyFrom, tallyText } from "./manifest-payload.ts";

const g1 = "g1" as GenerationId;
const digests = ["0011223344556677", "8899aabbccddeeff"] as PointDigest[];
const failure = { revision: aRevision(9), reason: "size-limit", message: "too large", atMs: 1 };

const manifests = [
  aManifest({ documentId: anId("live"), indexed: { live: digests, title: "Tides" } }),
  aManifest({ documentId: anId("later"), indexed: null, seen: { observedAtMs: 12 } }),
  aManifest({ documentId: anId("first"), indexed: null, seen: { observedAtMs: 11 } }),
  aManifest({
    documentId: anId("hidden"),
    indexed: null,
    policy: aPolicy({ permissions: { kind: "unknown" } }),
  }),
  aManifest({ documentId: anId("archived"), seen: { archived: true }, indexed: { live: digests } }),
  aManifest({ documentId: anId("failed", "wiki"), indexed: null, failure }),
  aManifest({
    documentId: anId("gone"),
    revision: { epoch: 5, position: 1 },
    seen: { deleted: true, contentHash: null },
  }),
];

test.each(manifests)(
  "a manifest comes back from its payload as it was: $documentId",
  (manifest) => {
    const odd = {
      ...manifest,
      seen: { ...manifest.seen, policy: aPolicy({ permissions: only("half \ud800") }) },
    };

    expect(manifestFrom(overTheWire(manifestRecord(g1, odd).payload))).toEqual(odd);
  },
);

test.each(manifests)("what it counts as comes back from its text: $documentId", (manifest) => {
  const tally = tallyOf(manifest);

  expect(tallyFrom(tallyText(tally))).toEqual(tally);
});

test("the list of live points takes 8 bytes each, in base64", () => {
  const live = Array.from({ length: 5_000 }, (_, at) => at.toString(16).padStart(16, "0"));
  const manifest = aManifest({ indexed: { live: live as PointDigest[] } });

  const { payload } = manifestRecord(g1, manifest);

  expect(JSON.stringify(payload).length).toBeLessThan(5_000 * 11 + 2_000);
});

test("counts by tallies are the counts from every manifest", async () => {
  await using at = await openFake();
  await at.primitives.ensureGeneration(g1, 32);
  await at.primitives.insertManifests(g1, manifests);

  const counted = await at.primitives.countManifests(g1);

  const counter = new ManifestCounter();
  for (const manifest of manifests) counter.add(manifest);
  expect(counted).toEqual(counter.bySource());
});

test("that copies are written is noted in the manifest that was read, and in no later one", async () => {
  await using at = await openFake();
  await at.primitives.ensureGeneration(g1, 32);
  const token = "now" as Token;
  const manifest = aManifest({ token });
  await at.primitives.insertManifests(g1, [manifest]);

  const copied = aRevision(4);
  const note = (read: Token) => [{ manifest: { ...manifest, copied }, tokenRead: read }];
  await at.primitives.updateManifests(g1, note(aToken()));
  const before = await at.primitives.readManifests(g1, [manifest.documentId]);
  await at.primitives.updateManifests(g1, note(token));

  const after = await at.primitives.readManifests(g1, [manifest.documentId]);
  expect([before, after]).toEqual([[manifest], [{ ...manifest, copied }]]);
});

function overTheWire<T>(body: T): T {
  return JSON.parse(JSON.stringify(body)) as T;
}
