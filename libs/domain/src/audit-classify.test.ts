import {
  aManifest,
  anId,
  aPolicy,
  aRevision,
  digestsOf,
  only,
  somePoints,
} from "@tidemark/testing";
import * as fc from "fast-check";
import { classifyDocument, type AuditedDocument } from "./audit-classify.ts";
import { isSound, setAsideOf } from "./audit-facts.ts";
import type { Manifest } from "./manifest.ts";

const stored = somePoints(["ebb", "flood"]);
const live = digestsOf(stored);
const manifest = aManifest({ revision: 2, indexed: { live } });
const points = stored.map(({ id, revision }) => ({ id, revision, narrows: null }));

/** Where all sides agree, unless told otherwise. */
function aDocument(parts: Partial<AuditedDocument> = {}): AuditedDocument {
  return {
    id: anId(),
    listing: { kind: "present", digest: "digest" },
    logged: manifest.seen,
    manifest,
    points,
    narrows: null,
    strayManifests: 0,
    isNarrowedRight: true,
    ...parts,
  };
}

const faultsOf = (document: AuditedDocument) =>
  classifyDocument(document, { fingerprint: "fingerprint" }).map(({ fault }) => fault);

const gone: Manifest = {
  ...manifest,
  seen: { ...manifest.seen, deleted: true },
  indexed: { ...aManifest().indexed!, contentHash: "", live: [] },
};
const withSeen = (seen: Partial<Manifest["seen"]>): Manifest => ({
  ...manifest,
  seen: { ...manifest.seen, ...seen },
});
const withIndexed = (indexed: Partial<NonNullable<Manifest["indexed"]>>): Manifest => ({
  ...manifest,
  indexed: { ...manifest.indexed!, ...indexed },
});
const absent = { kind: "absent" } as const;
const secret = aPolicy({ permissions: only("ann") });

test.each([
  ["all sides agree", aDocument(), []],
  ["nothing can be listed", aDocument({ listing: { kind: "unknown" } }), []],
  [
    "the log has not heard of it",
    aDocument({ logged: null, manifest: null, points: [] }),
    ["missing"],
  ],
  [
    "the log has deleted it",
    aDocument({ logged: gone.seen, manifest: gone, points: [] }),
    ["missing"],
  ],
  [
    "the source has another state",
    aDocument({ listing: { kind: "present", digest: "new" } }),
    ["stale"],
  ],
  ["the source has it no more", aDocument({ listing: absent }), ["orphan"]],
  [
    "it is gone everywhere",
    aDocument({ listing: absent, logged: gone.seen, manifest: gone, points: [] }),
    [],
  ],
  ["it has no manifest", aDocument({ manifest: null, points: [] }), ["missing"]],
  ["its manifest is deleted", aDocument({ manifest: gone, points: [] }), ["missing"]],
  [
    "nothing is indexed",
    aDocument({ manifest: { ...manifest, indexed: null }, points: [] }),
    ["missing"],
  ],
  ["a listed chunk is not stored", aDocument({ points: points.slice(1) }), ["missing"]],
  [
    "an older revision was seen",
    aDocument({ logged: { ...manifest.seen, revision: aRevision(3) } }),
    ["stale"],
  ],
  [
    "older content is live",
    aDocument({ manifest: withIndexed({ revision: aRevision(1) }) }),
    ["stale"],
  ],
  [
    "other content is live",
    aDocument({ manifest: withIndexed({ contentHash: "other" }) }),
    ["stale"],
  ],
  [
    "other metadata was seen",
    aDocument({ manifest: withSeen({ metadata: { area: "sea" } }) }),
    ["stale"],
  ],
  [
    "another fingerprint made it",
    aDocument({ manifest: withIndexed({ fingerprint: "g0" }) }),
    ["fingerprint"],
  ],
  [
    "another policy was seen",
    aDocument({ logged: { ...manifest.seen, policy: secret } }),
    ["permissions"],
  ],
  [
    "other readers have its content",
    aDocument({ manifest: withIndexed({ policy: secret }) }),
    ["permissions"],
  ],
  ["a row is narrowed otherwise", aDocument({ isNarrowedRight: false }), ["permissions"]],
  [
    "a point is narrowed otherwise",
    aDocument({ narrows: "a", points: points.map((point) => ({ ...point, narrows: "b" })) }),
    ["permissions"],
  ],
  [
    "a point is listed nowhere",
    aDocument({ manifest: withIndexed({ live: live.slice(1) }) }),
    ["duplicate"],
  ],
  ["a second manifest is stored", aDocument({ strayManifests: 1 }), ["duplicate"]],
  [
    "a second manifest of a deleted one is stored",
    aDocument({
      listing: absent,
      logged: gone.seen,
      manifest: gone,
      points: [],
      strayManifests: 1,
    }),
    ["orphan"],
  ],
  [
    "the log knows nothing of what is live",
    aDocument({ listing: absent, logged: null }),
    ["orphan"],
  ],
  [
    "points of a deleted one are left",
    aDocument({ listing: absent, logged: gone.seen, manifest: gone }),
    ["orphan"],
  ],
  [
    "points of none are left",
    aDocument({ listing: absent, logged: null, manifest: null }),
    ["orphan"],
  ],
  [
    "what is archived waits",
    aDocument({
      logged: { ...manifest.seen, archived: true },
      manifest: { ...withSeen({ archived: true }), indexed: null },
      points: [],
    }),
    [],
  ],
])("when %s", (_when, document, faults) => {
  expect(faultsOf(document)).toEqual(faults);
});

test("a manifest that agrees with itself and with the log has no fault that digests would not show", () => {
  fc.assert(
    fc.property(
      fc.record({
        archived: fc.boolean(),
        contentHash: fc.constantFrom("content", "other"),
        revision: fc.constantFrom(1, 2, 3).map(aRevision),
        policy: fc.constantFrom(aPolicy(), secret),
      }),
      fc.record({
        revision: fc.constantFrom(1, 2, 3).map(aRevision),
        contentHash: fc.constantFrom("content", "other", ""),
        fingerprint: fc.constantFrom("fingerprint", "g0"),
        policy: fc.constantFrom(aPolicy(), secret),
      }),
      (seen, indexed) => {
        const made = { ...withSeen(seen), indexed: { ...manifest.indexed!, ...indexed } };
        const document = aDocument({
          listing: { kind: "unknown" },
          logged: made.seen,
          manifest: made,
        });

        const faults = faultsOf(document);

        if (isSound(made, "fingerprint")) expect(faults).toEqual([]);
      },
    ),
  );
});

const failure = { revision: aRevision(2), reason: "unparseable", message: "no PDF", atMs: 1 };

test.each<readonly [string, Manifest, string | null]>([
  ["all of it is live", manifest, null],
  ["it is still to come", { ...manifest, indexed: null }, null],
  ["its newest revision was set aside", { ...manifest, failure }, "unparseable"],
  ["an older revision was", { ...manifest, failure: { ...failure, revision: aRevision(1) } }, null],
  ["it is archived", { ...withSeen({ archived: true }), failure }, null],
  ["it is deleted", { ...gone, failure }, null],
  ["chunks were set aside", withIndexed({ failedChunks: 2 }), "failed-chunks"],
])("a document is told as set aside, or not, when %s", (_when, document, reason) => {
  expect(setAsideOf(document)?.reason ?? null).toBe(reason);
});
