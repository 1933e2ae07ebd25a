import { embedLanes } from "@tidemark/pipeline";
import { Lane, Purpose } from "./gen/embedder/v1/embedder_pb.ts";
import { laneOf, packVectors, purposeOf, unpackVectors, wireLanes, wirePurposes } from "./wire.ts";

test("every lane and purpose comes back as it went", () => {
  for (const lane of embedLanes) expect(laneOf(wireLanes[lane])).toBe(lane);
  for (const purpose of ["document", "query"] as const) {
    expect(purposeOf(wirePurposes[purpose])).toBe(purpose);
  }
  expect(laneOf(Lane.UNSPECIFIED)).toBeUndefined();
  expect(laneOf(77)).toBeUndefined();
  expect(purposeOf(Purpose.UNSPECIFIED)).toBeUndefined();
});

test("vectors are little-endian float32, one after the other, and keep every bit", () => {
  const vectors = [new Float32Array([1, -0.1]), new Float32Array([3e-40, 0.5])];

  const bytes = packVectors(vectors, 2);
  const view = new DataView(bytes.buffer);
  const [first, second] = unpackVectors(bytes, 2);

  expect(bytes.byteLength).toBe(16);
  expect(view.getFloat32(4, true)).toBe(Math.fround(-0.1));
  expect([first, second]).toEqual(vectors);
});

test("vectors are read from wherever a message happens to lie, into memory of their own", () => {
  const packed = packVectors([new Float32Array([1, 2]), new Float32Array([3, 4])], 2);
  const message = Buffer.concat([Buffer.from([0xff]), packed]).subarray(1);

  const [first, second] = unpackVectors(message, 2);

  expect([...(first ?? []), ...(second ?? [])]).toEqual([1, 2, 3, 4]);
  expect(first?.buffer.byteLength).toBe(8);
});

test("a vector of another width is a bug of the embedder's and is not sent", () => {
  expect(() => packVectors([new Float32Array(3)], 2)).toThrow("3 numbers where 2");
});
