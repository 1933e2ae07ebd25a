import { aManifest, aPolicy, atMs } from "@tidemark/testing";
import type { PointDigest } from "./ids.ts";
import { standingOf } from "./manifest.ts";

const live = ["0".repeat(16) as PointDigest];
const failure = {
  revision: { epoch: 1, position: 1 },
  reason: "size-limit",
  message: "",
  atMs,
};
const hidden = aPolicy({ permissions: { kind: "unknown" } });

test.each([
  ["searchable", aManifest({ indexed: { live } })],
  ["waiting", aManifest({ indexed: null })],
  ["waiting", aManifest({ indexed: { contentHash: "" } })],
  ["deleted", aManifest({ seen: { deleted: true } })],
  ["archived", aManifest({ seen: { archived: true }, indexed: { live } })],
  ["failed", aManifest({ indexed: null, failure })],
  ["failed", aManifest({ policy: hidden, indexed: { live }, failure })],
  ["searchable", aManifest({ indexed: { live }, failure })],
  ["waiting", aManifest({ revision: 2, indexed: null, failure })],
  ["unreadable", aManifest({ policy: hidden, indexed: { live } })],
  ["empty", aManifest({ indexed: { live: [] } })],
] as const)("a document is %s", (standing, manifest) => {
  expect(standingOf(manifest)).toBe(standing);
});
