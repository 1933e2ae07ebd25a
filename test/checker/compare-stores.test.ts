/** What the comparison of two stores finds, and what it passes over. */
import type { DocumentId, Manifest, Point } from "@tidemark/domain";
import { aManifest, anId, aPolicy, digestsOf, only, somePoints } from "@tidemark/testing";
import { compareStores } from "./compare-stores.ts";
import type { Store } from "./read-store.ts";

const id = anId();
const texts = ["the tide comes in", "and goes out again"];

function aStore(
  change: {
    readonly manifest?: (manifest: Manifest) => Manifest;
    readonly points?: (points: readonly Point[]) => readonly (Point | undefined)[];
    readonly documentId?: DocumentId;
    readonly revision?: number;
  } = {},
): Store {
  const { documentId = id, revision = 1 } = change;
  const points = somePoints(texts, { documentId, revision });
  const indexed = { live: digestsOf(points) };
  const manifest = aManifest({ documentId, revision, indexed, metadata: { area: "north" } });
  const stored = {
    manifest: change.manifest?.(manifest) ?? manifest,
    live: change.points?.(points) ?? points,
  };
  return {
    documents: new Map([[documentId, stored]]),
    leftovers: new Map(),
    strayVectors: 0,
    points: points.length,
  };
}

const empty: Store = { documents: new Map(), leftovers: new Map(), strayVectors: 0, points: 0 };
const kindsOf = (checked: Store, fresh = aStore()) =>
  compareStores(checked, fresh).map(({ kind }) => kind);
const seen = (change: Partial<Manifest["seen"]>) =>
  aStore({ manifest: (manifest) => ({ ...manifest, seen: { ...manifest.seen, ...change } }) });
const indexed = (change: Partial<NonNullable<Manifest["indexed"]>>) =>
  aStore({
    manifest: (manifest) => ({
      ...manifest,
      indexed: manifest.indexed && { ...manifest.indexed, ...change },
    }),
  });
const firstPoint = (change: (point: Point) => Point | undefined) =>
  aStore({ points: ([first, ...others]) => [first && change(first), ...others] });

test("stores that differ in revisions, offsets and times alone are alike", () => {
  const later = aStore({
    revision: 7,
    manifest: (manifest) => ({
      ...manifest,
      seen: { ...manifest.seen, offset: 99, seenAtMs: 1, observedAtMs: 2 },
      indexed: manifest.indexed && { ...manifest.indexed, createdAtMs: 3, embeddedAtMs: 4 },
    }),
  });

  expect(compareStores(later, aStore())).toEqual([]);
});

test("a document that was deleted is like one that never was", () => {
  const deleted = aStore({
    manifest: (manifest) => ({
      ...manifest,
      seen: { ...manifest.seen, deleted: true },
      indexed: manifest.indexed && { ...manifest.indexed, live: [] },
    }),
    points: () => [],
  });

  expect(compareStores(deleted, empty)).toEqual([]);
  expect(compareStores(empty, deleted)).toEqual([]);
});

test.each([
  ["a document too many", aStore(), empty, "unexpected"],
  ["a document too few", empty, aStore(), "missing"],
  ["another document", aStore({ documentId: anId("other.md") }), aStore(), "missing"],
])("%s is found", (_what, checked, fresh, kind) => {
  expect(kindsOf(checked, fresh)).toContain(kind);
});

test.each([
  ["metadata", seen({ metadata: { area: "south" } }), "metadata"],
  ["permissions", seen({ policy: aPolicy({ permissions: only("ann") }) }), "permissions"],
  ["a tenant", seen({ policy: aPolicy({ tenant: "acme" }) }), "tenant"],
  ["archived", seen({ archived: true }), "archived"],
  ["content that is known", seen({ contentHash: "another" }), "content"],
  ["content that is live", indexed({ contentHash: "another" }), "content"],
  [
    "permissions of the content",
    indexed({ policy: aPolicy({ permissions: only() }) }),
    "permissions",
  ],
  ["a fingerprint", indexed({ fingerprint: "another" }), "content"],
  ["a list of chunks", aStore({ points: (points) => points.slice(1) }), "chunks"],
  ["an order of chunks", aStore({ points: (points) => points.toReversed() }), "chunks"],
  ["a text", firstPoint((point) => ({ ...point, text: "ebb" })), "text"],
  ["a heading", firstPoint((point) => ({ ...point, heading: ["Elsewhere"] })), "heading"],
  ["a point that is not stored", firstPoint(() => undefined), "point"],
  [
    "a vector",
    firstPoint((point) => ({
      ...point,
      vector: point.vector.map((value, at) => value + at / 100),
    })),
    "vector",
  ],
])("%s that differs is found", (_what, checked, kind) => {
  expect(kindsOf(checked)).toContain(kind);
});
