import * as fc from "fast-check";
import { compareKeys, reconcile, type KnownDocument, type ListedDocument } from "./reconcile.ts";

const keys = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }), {
  maxLength: 12,
});
const digest = fc.constantFrom("1", "2");

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

const byKey = (a: { key: string }, b: { key: string }) => compareKeys(a.key, b.key);

test("the source is what is known once the differences are applied", async () => {
  await fc.assert(
    fc.asyncProperty(
      keys,
      fc.infiniteStream(fc.tuple(fc.boolean(), fc.boolean(), digest, digest, fc.boolean())),
      async (all, facts) => {
        const listed: ListedDocument[] = [];
        const known: KnownDocument[] = [];
        for (const key of all) {
          const [isListed, isKnown, ours, theirs, deleted] = facts.next().value;
          if (isListed) listed.push({ key, digest: ours });
          if (isKnown) known.push({ key, digest: deleted ? null : theirs, deleted });
        }
        const source = new Map(listed.map((document) => [document.key, document.digest]));
        const index = new Map(
          known.flatMap((document) => (document.deleted ? [] : [[document.key, document.digest]])),
        );

        const differences = reconcile(each(listed.sort(byKey)), each(known.sort(byKey)));
        for await (const difference of differences) {
          const before = index.get(difference.key);
          if (difference.kind === "orphaned") index.delete(difference.key);
          else index.set(difference.key, source.get(difference.key) ?? null);
          expect(index.get(difference.key)).not.toBe(before);
        }

        expect(index).toEqual(source);
      },
    ),
  );
});

test("a state that is not comparable is read again", async () => {
  const listed = each([{ key: "a", digest: "1" }]);
  const known = each([{ key: "a", digest: null, deleted: false }]);

  expect(await Array.fromAsync(reconcile(listed, known))).toEqual([{ kind: "stale", key: "a" }]);
});

test("keys are compared by their UTF-8 bytes, as listings are", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareKeys(a, b))).toBe(bytes);
    }),
  );
  expect(compareKeys("\u{ff5e}", "🌊")).toBeLessThan(0);
});
