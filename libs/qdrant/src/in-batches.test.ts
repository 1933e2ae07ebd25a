import * as fc from "fast-check";
import { inBatches } from "./in-batches.ts";

test("batches hold every record once, in order, within both bounds", () => {
  const bounds = fc.record({
    recordsMax: fc.integer({ min: 1, max: 5 }),
    bytesMax: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(fc.nat(50)), bounds, (records, bound) => {
      const batches = inBatches(records, { ...bound, bytesOf: (bytes) => bytes });

      expect(batches.flat()).toEqual(records);
      for (const batch of batches) {
        const bytes = batch.reduce((sum, each) => sum + each, 0);
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(bound.recordsMax);
        expect(batch.length === 1 || bytes <= bound.bytesMax).toBe(true);
      }
    }),
  );
});
