import { aManifest, anId, atMs } from "@tidemark/testing";
import * as fc from "fast-check";
import type { DocumentId } from "./ids.ts";
import { decodeWriteToken, encodeWriteToken, statusOfWrite } from "./write-token.ts";

test("a token says what it was made of, whatever the key", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.maxSafeNat(),
      fc.maxSafeNat(),
      (key, epoch, position) => {
        const token = { documentId: `files/${key}` as DocumentId, revision: { epoch, position } };
        const text = encodeWriteToken(token);

        expect(decodeWriteToken(text)).toEqual(token);
        expect(text).toMatch(/^[\w.-]+$/u);
      },
    ),
  );
});

test("what is no token of ours is none", () => {
  const encoded = (value: unknown) =>
    `w1.${Buffer.from(JSON.stringify(value)).toString("base64url")}`;
  const others = ["", "w1.", "w2.abc", encoded({}), encoded([1, 2, 3]), encoded(["a", 1.5, 2])];

  expect(others.map(decodeWriteToken)).toEqual(others.map(() => null));
  fc.assert(fc.property(fc.string(), (text) => void decodeWriteToken(`w1.${text}`)));
});

const at = (position: number) => ({ epoch: 1, position });
const failure = { revision: at(5), reason: "size-limit", message: "too large", atMs };

test.each([
  ["nothing is known", undefined, "pending"],
  ["it is live", aManifest({ revision: 5 }), "visible"],
  ["a newer one is live", aManifest({ revision: 6 }), "superseded"],
  ["an older one is live", aManifest({ revision: 5, indexed: { revision: at(4) } }), "pending"],
  ["nothing is live yet", aManifest({ revision: 5, indexed: null }), "pending"],
  ["it failed", aManifest({ revision: 5, indexed: { revision: at(4) }, failure }), "failed"],
  [
    "an older one failed",
    aManifest({ revision: 5, indexed: null, failure: { ...failure, revision: at(3) } }),
    "pending",
  ],
  [
    "it archived the document",
    aManifest({ revision: 5, seen: { archived: true }, indexed: { revision: at(4) } }),
    "visible",
  ],
  [
    "a newer one archived the document",
    aManifest({ revision: 6, seen: { archived: true }, indexed: { revision: at(4) } }),
    "superseded",
  ],
] as const)("a write when %s", (_, manifest, outcome) => {
  expect(statusOfWrite(manifest, at(5)).kind).toBe(outcome);
});

test("a failed write says why", () => {
  const manifest = aManifest({ documentId: anId(), revision: 5, indexed: null, failure });

  expect(statusOfWrite(manifest, at(5))).toEqual({
    kind: "failed",
    reason: "size-limit: too large",
  });
});
