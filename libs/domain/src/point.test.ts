import { aGeneration, anId, somePoints } from "@tidemark/testing";
import * as fc from "fast-check";
import type { GenerationId, PointDigest } from "./ids.ts";
import { digestOf, hashChunk, packDigests, pointId, sha256Hex, unpackDigests } from "./point.ts";

const digest = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString("hex") as PointDigest);

test("packed digests are unpacked as they were, in 8 bytes each", () => {
  fc.assert(
    fc.property(fc.array(digest), (digests) => {
      const packed = packDigests(digests);

      expect(packed.byteLength).toBe(8 * digests.length);
      expect(unpackDigests(packed)).toEqual(digests);
    }),
  );
});

test("packed digests that are cut off are refused", () => {
  expect(() => unpackDigests(new Uint8Array(12))).toThrow(RangeError);
});

test("a point's id is a UUID that follows from generation, document, chunk and repetition", () => {
  const parts = { generation: aGeneration, documentId: anId(), chunkHash: "c", repetition: 0 };
  const others = [
    parts,
    { ...parts, generation: "g2" as GenerationId },
    { ...parts, documentId: anId("other.md") },
    { ...parts, chunkHash: "d" },
    { ...parts, repetition: 1 },
  ].map(pointId);

  expect(pointId(parts)).toBe(others[0]);
  expect(new Set(others).size).toBe(others.length);
  for (const id of others) {
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u);
    expect(digestOf(id)).toMatch(/^[\da-f]{16}$/u);
  }
});

test("equal chunks of one document have points of their own", () => {
  const points = somePoints(["ebb", "flood", "ebb"]);

  expect(new Set(points.map(({ id }) => digestOf(id))).size).toBe(3);
  expect(points[0]?.textHash).toBe(points[2]?.textHash);
});

test("the heading is part of a chunk's identity and not of its text's", () => {
  const one = hashChunk({ text: "ebb", heading: ["Tides"] });
  const another = hashChunk({ text: "ebb", heading: ["Moons"] });

  expect(one.textHash).toBe(another.textHash);
  expect(one.chunkHash).not.toBe(another.chunkHash);
});

test("parts are hashed apart", () => {
  expect(sha256Hex("ab", "c")).not.toBe(sha256Hex("a", "bc"));
});
