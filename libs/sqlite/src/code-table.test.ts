import * as fc from "fast-check";
import { CodeTable } from "./code-table.ts";
import { quantizeVector } from "./quantize.ts";

const dimensions = [3, 16, 31, 64, 384];

const someVectors = fc
  .record({ dimension: fc.constantFrom(...dimensions), seed: fc.integer(), count: fc.nat(300) })
  .map(({ dimension, seed, count }) => {
    const chance = chanceFrom(seed);
    const vector = () => Float32Array.from({ length: dimension }, () => chance() - 0.5);
    return { dimension, query: vector(), vectors: Array.from({ length: count + 1 }, vector) };
  });

test("codes differ from the vector by no more than they say", () => {
  fc.assert(
    fc.property(someVectors, ({ vectors }) => {
      for (const vector of vectors) {
        const codes = new Int8Array(vector.length);
        const { scale, residual } = quantizeVector(vector, codes);
        const length = Math.hypot(...vector);
        const lost = [...vector].map((value, at) => value / length - (codes[at] ?? 0) * scale);
        expect(Math.hypot(...lost)).toBeLessThanOrEqual(residual + 1e-6);
        expect(residual).toBeLessThan(0.5);
      }
    }),
  );
});

test("the nearest are always among those named, and few others are", () => {
  fc.assert(
    fc.property(
      someVectors,
      fc.integer({ min: 1, max: 20 }),
      ({ dimension, query, vectors }, k) => {
        const table = new CodeTable(dimension);
        const slots = vectors.map((vector, at) => table.add(vector, at % 4));
        const wanted = Uint8Array.of(1, 0, 1, 0);

        const named = new Set(table.nearest(query, k, wanted));

        const best = vectors
          .map((vector, at) => ({
            slot: slots[at] ?? -1,
            owner: at % 4,
            score: cosine(vector, query),
          }))
          .filter(({ owner }) => wanted[owner] === 1)
          .sort((a, b) => b.score - a.score);
        for (const { slot } of best.slice(0, k)) expect(named.has(slot)).toBe(true);
        expect(best.length).toBeGreaterThanOrEqual(named.size);
      },
    ),
  );
});

test("a slot that was given back is taken again, and the table grows", () => {
  const table = new CodeTable(3);
  const wanted = Uint8Array.of(1);
  const slots = Array.from({ length: 20_000 }, () => table.add(Float32Array.of(0, 1, 0), 0));
  table.remove(slots[5] ?? -1);

  const slot = table.add(Float32Array.of(1, 0, 0), 0);

  expect(slot).toBe(slots[5]);
  expect(table.nearest(Float32Array.of(2, 0, 0), 1, wanted)).toEqual([slot]);
});

test("a vector without a direction is as far from everything, and harms nobody", () => {
  const table = new CodeTable(3);
  const none = table.add(Float32Array.of(0, 0, 0), 0);
  const near = table.add(Float32Array.of(0, 0, 1), 0);

  expect(table.nearest(Float32Array.of(0, 0, 1), 1, Uint8Array.of(1))).toEqual([near]);
  expect(new Set(table.nearest(Float32Array.of(0, 0, 0), 2, Uint8Array.of(1)))).toEqual(
    new Set([none, near]),
  );
});

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

function chanceFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
