import * as fc from "fast-check";
import { batchTexts } from "./batch-texts.ts";

test("batches hold every text once, in order, within both limits", () => {
  const payer = fc.constant({ source: "files", generation: null });
  const counted = fc.record({ text: fc.string(), tokens: fc.nat(50), payer });
  const limits = fc.record({
    textsMax: fc.integer({ min: 1, max: 5 }),
    tokensMax: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(counted), limits, (texts, { textsMax, tokensMax }) => {
      const batches = batchTexts(texts, { textsMax, tokensMax });

      expect(batches.flatMap((batch) => batch.texts)).toEqual(texts.map(({ text }) => text));
      for (const { texts: some, tokens } of batches) {
        expect(some.length).toBeGreaterThan(0);
        expect(some.length).toBeLessThanOrEqual(textsMax);
        expect(some.length === 1 || tokens <= tokensMax).toBe(true);
      }
    }),
  );
});
