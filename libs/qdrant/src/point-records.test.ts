import { compareRevisions, type GenerationId } from "@tidemark/domain";
import { PrimitiveIndex, type PointRecord } from "@tidemark/pipeline";
import { anId, aPoint, aPolicy, aRevision, IndexStore, somePoints } from "@tidemark/testing";
import * as fc from "fast-check";
import { meetsClauses } from "./fixtures/filter-evaluation.ts";
import { openFake } from "./fixtures/open-fake.ts";
import { pointRecord } from "./point-payload.ts";
import { mayReplace } from "./point-records.ts";
import { copied, isNotNewer, isOlder, recordsOf, written } from "./record-filter.ts";

const g1 = "g1" as GenerationId;
const dimension = 32;
const revisions = fc.record({ epoch: fc.nat(2), position: fc.nat(2) });
const copies = fc.constantFrom(null, { policy: aPolicy(), metadata: {} });

/** One point at any revision, with copies of any. */
const points = fc
  .tuple(revisions, copies, revisions)
  .map(([revision, given, copiesRevision]): PointRecord => ({
    ...aPoint({ revision, dimension }),
    copies: given,
    copiesRevision: given ? copiesRevision : { epoch: 0, position: 0 },
  }));

test("a point may replace another when the memory index lets it", () => {
  fc.assert(
    fc.property(points, points, (stored, point) => {
      const store = new IndexStore();
      store.ensure(g1, dimension);
      store.of(g1).put(stored);
      store.of(g1).put(point);
      const replaced = store.of(g1).point(point.id) === point;

      expect(meetsClauses(pointRecord(stored), mayReplace([point]))).toBe(replaced);
    }),
  );
});

test("points of different revisions share a request, each on its own condition", () => {
  const [first, second] = somePoints(["ebb", "flood"], { dimension });
  if (!first || !second) throw new Error("two texts make two points");
  const at = (revision: number, point: PointRecord): PointRecord => ({
    ...point,
    revision: aRevision(revision),
  });
  const bare = { copies: null, copiesRevision: aRevision(0) };
  const stored = [at(4, { ...first, ...bare }), at(4, { ...second, ...bare })].map(pointRecord);

  const when = mayReplace([at(5, { ...first, ...bare }), at(3, { ...second, ...bare })]);

  expect(stored.map((record) => meetsClauses(record, when))).toEqual([true, false]);
});

test("revisions are compared by epoch first, of what wrote a point and of its copies", () => {
  fc.assert(
    fc.property(revisions, revisions, (found, than) => {
      const payload = {
        kind: "point",
        epoch: found.epoch,
        position: found.position,
        copyEpoch: found.epoch,
        copyPosition: found.position,
      };
      const order = compareRevisions(found, than);
      for (const keys of [written, copied]) {
        const older = recordsOf("point", { must: [isOlder(keys, than)] });
        const notNewer = recordsOf("point", { must: [isNotNewer(keys, than)] });
        expect(meetsClauses({ id: "1", payload }, older)).toBe(order < 0);
        expect(meetsClauses({ id: "1", payload }, notNewer)).toBe(order <= 0);
      }
    }),
  );
});

test("vectors of a text that stands in many documents are found, and others beside it", async () => {
  await using at = await openFake();
  const index = new PrimitiveIndex(at.primitives);
  await index.ensureGeneration(g1, dimension);
  const many = Array.from({ length: 20 }, (_, document) =>
    somePoints(["boilerplate"], { documentId: anId(`d${document}`), dimension }),
  ).flat();
  const rare = somePoints(["ebb", "flood"], { dimension });
  await index.putPoints(g1, [...many, ...rare]);

  const hashes = [...many.slice(0, 1), ...rare].map(({ textHash }) => textHash);
  const found = await index.vectorsByText(g1, "*", hashes);

  expect([...found.keys()].sort()).toEqual(hashes.sort());
});

test("half a surrogate pair, which no server takes, is stored as the character it is read as", async () => {
  await using at = await openFake();
  const index = new PrimitiveIndex(at.primitives);
  await index.ensureGeneration(g1, dimension);
  const documentId = anId("odd");

  await index.putPoints(g1, somePoints(["ebb \ud800 flood"], { documentId, dimension }));

  const [point] = await index.pointsOf(g1, documentId);
  expect(point?.text).toBe("ebb \ufffd flood");
});
