import { aDelete, aFacet, aManifest, aMutation, anId, aToken, atMs, only } from "@tidemark/testing";
import * as fc from "fast-check";
import {
  decideApply,
  planFailure,
  planIndexed,
  planSeen,
  policiesOf,
  stubManifest,
} from "./manifest-plan.ts";
import { standingOf, type Manifest } from "./manifest.ts";
import type { Mutation } from "./mutation.ts";
import { compareRevisions, zeroRevision } from "./revision.ts";
import type { PointDigest } from "./ids.ts";

const input = () => ({ token: aToken(), nowMs: atMs });

type Upsert = Extract<Mutation, { kind: "upsert" }>;

function seenAfterAll(manifest: Manifest, mutations: readonly Mutation[]): Manifest {
  return mutations.reduce((before, mutation) => {
    const plan = planSeen(before, mutation, input());
    return plan.kind === "advance" ? plan.manifest : before;
  }, manifest);
}

/** As the upserter does it: from the chunks of a mutation, which travel without its content. */
function indexedAfter(manifest: Manifest, mutation: Upsert): Manifest {
  if (!mutation.body || mutation.archived) return manifest;
  if (decideApply(manifest, mutation.revision, { forced: false }) !== "apply") return manifest;
  const { contentHash } = mutation.body;
  return planIndexed(
    manifest,
    {
      mutation: { ...mutation, body: null },
      contentHash,
      fingerprint: "f",
      live: [contentHash.slice(0, 16) as PointDigest],
      title: null,
      characters: 10,
      failedChunks: 0,
      embedded: true,
    },
    input(),
  );
}

/** A document's life on the log, as pushes write it: the offset decides the position. */
const life: fc.Arbitrary<readonly Mutation[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom("put", "put", "delete", "metadata", "permissions"),
      text: fc.constantFrom("ebb", "flood", "slack"),
      names: fc.subarray(["ann", "bo"], { minLength: 1 }),
      archived: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((steps) =>
    steps.map(({ kind, text, names, archived }, offset): Mutation => {
      const parts = { revision: offset + 1, offset };
      switch (kind) {
        case "delete":
          return aDelete(parts);
        case "metadata":
          return aFacet({ facet: "metadata", metadata: { at: offset } }, parts);
        case "permissions":
          return aFacet(
            { facet: "permissions", permissions: { kind: "only", principals: names } },
            parts,
          );
        case "put":
          return aMutation({ ...parts, text, archived, permissions: only(...names) });
      }
    }),
  );

const stub = stubManifest(anId(), aToken());
const isUpsert = (mutation: Mutation): mutation is Upsert => mutation.kind === "upsert";

/** Any interleaving of restrictors and upserters, each of which may come late or twice. */
const interleaving = life.chain((mutations) =>
  fc.record({
    mutations: fc.constant(mutations),
    steps: fc.array(
      fc.record({
        who: fc.constantFrom("restrictor", "upserter"),
        at: fc.nat(mutations.length - 1),
      }),
      { maxLength: 30 },
    ),
  }),
);

test("nothing is ever lowered, in whatever order mutations come", () => {
  fc.assert(
    fc.property(interleaving, ({ mutations, steps }) => {
      let manifest = stub;
      for (const { who, at } of steps) {
        const mutation = mutations[at];
        if (!mutation) continue;
        const before = manifest;
        if (who === "restrictor") manifest = seenAfterAll(manifest, [mutation]);
        else if (isUpsert(mutation)) manifest = indexedAfter(manifest, mutation);

        const { seen, indexed } = manifest;
        expect(compareRevisions(seen.revision, before.seen.revision)).toBeGreaterThanOrEqual(0);
        const lowest = before.indexed?.revision ?? zeroRevision;
        expect(compareRevisions(indexed?.revision ?? zeroRevision, lowest)).toBeGreaterThanOrEqual(
          0,
        );
        expect(
          compareRevisions(seen.revision, indexed?.revision ?? zeroRevision),
        ).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test("a mutation that was passed is superseded when it comes again", () => {
  fc.assert(
    fc.property(life, (mutations) => {
      const manifest = seenAfterAll(stub, mutations);
      for (const mutation of mutations) {
        expect(planSeen(manifest, mutation, input()).kind).toBe("superseded");
      }
    }),
  );
});

test("whoever comes first, both halves end at the newest state", () => {
  fc.assert(
    fc.property(life, fc.infiniteStream(fc.boolean()), (mutations, turns) => {
      const turn = () => turns.next().value === true;
      const upserts = mutations.filter(isUpsert);
      let [passed, applied] = [0, 0];
      let manifest = stub;
      while (passed < mutations.length || applied < upserts.length) {
        const restricts = applied === upserts.length || (passed < mutations.length && turn());
        if (restricts) {
          manifest = seenAfterAll(manifest, mutations.slice(passed, passed + 1));
          passed += 1;
        } else {
          // The chunker may be ahead of the restrictor, on its way through the log.
          manifest = indexedAfter(manifest, upserts[applied] as Upsert);
          applied += 1;
        }
      }

      const { seen, indexed } = manifest;
      const inOrder = seenAfterAll(stub, mutations);
      const { seenAtMs: _, ...expected } = inOrder.seen;
      expect(seen).toMatchObject(expected);
      const isLive = !seen.deleted && !seen.archived;
      if (isLive) {
        expect(indexed).toMatchObject({ revision: seen.revision, policy: seen.policy });
        expect(indexed?.contentHash).toBe(seen.contentHash);
        expect(standingOf(manifest)).toBe("searchable");
      }
      if (seen.deleted && seen.offset >= 0) expect(indexed?.live).toEqual([]);
    }),
  );
});

test.each([
  ["newer", { revision: 6, offset: 9 }, "advance"],
  ["newer at a lower offset", { revision: 6, offset: 1 }, "advance"],
  ["equal and the same, later", { revision: 5, offset: 9, text: "ebb" }, "superseded"],
  ["equal and different, later", { revision: 5, offset: 9, text: "flood" }, "displaced"],
  [
    "equal, with another policy, later",
    { revision: 5, offset: 9, text: "ebb", permissions: only("ann") },
    "displaced",
  ],
  [
    "equal, with other metadata, later",
    { revision: 5, offset: 9, text: "ebb", metadata: { kind: "note" } },
    "displaced",
  ],
  ["equal and different, not later", { revision: 5, offset: 4, text: "flood" }, "superseded"],
  ["older and different, later", { revision: 4, offset: 9, text: "flood" }, "displaced"],
  ["older and the same, later", { revision: 4, offset: 9, text: "ebb" }, "superseded"],
  ["older and different, not later", { revision: 4, offset: 3, text: "flood" }, "superseded"],
  ["of a newer epoch", { revision: { epoch: 2, position: 0 }, offset: 0 }, "advance"],
  ["of an older epoch, later", { revision: { epoch: 0, position: 99 }, offset: 9 }, "displaced"],
] as const)("a mutation that is %s", (_, parts, outcome) => {
  const manifest = seenAfterAll(stub, [aMutation({ revision: 5, offset: 4, text: "ebb" })]);

  expect(planSeen(manifest, aMutation(parts), input()).kind).toBe(outcome);
});

test("a facet of an older epoch is displaced when it says something else", () => {
  const manifest = seenAfterAll(stub, [
    aMutation({ revision: { epoch: 2, position: 5 }, offset: 4, metadata: { kind: "note" } }),
  ]);
  const facet = (kind: string) =>
    aFacet({ facet: "metadata", metadata: { kind } }, { revision: 9, offset: 8 });

  expect(planSeen(manifest, facet("guide"), input()).kind).toBe("displaced");
  expect(planSeen(manifest, facet("note"), input()).kind).toBe("superseded");
});

test("a delete advances both halves and empties the list", () => {
  const live = ["0".repeat(16) as PointDigest];
  const manifest = aManifest({ revision: 3, indexed: { live } });

  const plan = planSeen(manifest, aDelete({ revision: 4 }), input());

  if (plan.kind !== "advance") throw new Error(plan.kind);
  expect(plan.emptied).toBe(true);
  expect(plan.manifest.indexed).toMatchObject({ revision: { position: 4 }, live: [] });
  expect(decideApply(plan.manifest, { epoch: 1, position: 3 }, { forced: true })).toBe(
    "superseded",
  );
});

test("a facet of a document that is not there is nothing", () => {
  const facet = aFacet({ facet: "metadata", metadata: { a: 1 } }, { revision: 5 });

  expect(planSeen(stub, facet, input()).kind).toBe("superseded");
  const deleted = seenAfterAll(stub, [aDelete({ revision: 4 })]);
  expect(planSeen(deleted, facet, input()).kind).toBe("superseded");
});

test("an unreadable record hides its document and keeps what is live for later", () => {
  const manifest = aManifest({ revision: 3 });
  const { source, documentId, tenant, permissions, archived } = aMutation();
  const head = { source, documentId, tenant, permissions, archived };
  const mutation: Mutation = {
    ...head,
    kind: "unreadable",
    problem: "metadata: too long",
    revision: { epoch: 1, position: 4 },
    offset: 3,
  };

  const plan = planSeen(manifest, mutation, input());

  if (plan.kind !== "advance") throw new Error(plan.kind);
  expect(plan.manifest.seen.policy.permissions).toEqual({ kind: "unknown" });
  expect(plan.manifest.failure?.reason).toBe("unreadable-event");
  expect(plan.manifest.indexed).toEqual(manifest.indexed);
  expect(standingOf(plan.manifest)).toBe("failed");
});

test("permissions changed while content is pending do not touch the live half", () => {
  const old = seenAfterAll(stub, [
    aMutation({ revision: 1, text: "ebb", permissions: only("ann") }),
  ]);
  const live = indexedAfter(old, aMutation({ revision: 1, text: "ebb", permissions: only("ann") }));

  const widened = seenAfterAll(live, [
    aMutation({ revision: 2, text: "flood", permissions: { kind: "public" } }),
  ]);

  expect(widened.indexed).toEqual(live.indexed);
  expect(policiesOf(widened).map((policy) => policy.permissions.kind)).toEqual(["public", "only"]);
});

test.each([
  ["nothing is indexed", null, false, "apply"],
  ["an older one is", 3, false, "apply"],
  ["the same is", 4, false, "unchanged"],
  ["the same is, and it is a repair", 4, true, "apply"],
  ["a newer one is", 5, false, "superseded"],
  ["a newer one is, and it is a repair", 5, true, "superseded"],
] as const)("to apply a revision when %s", (_, indexed, forced, outcome) => {
  const manifest = aManifest({
    revision: 6,
    indexed: indexed === null ? null : { revision: { epoch: 1, position: indexed } },
  });

  expect(decideApply(manifest, { epoch: 1, position: 4 }, { forced })).toBe(outcome);
});

const failure = (position: number) => ({
  revision: { epoch: 1, position },
  reason: "size-limit",
  message: "",
  atMs,
});

test("a failure is noted unless its revision or a newer one is live", () => {
  const manifest = aManifest({ revision: 5 });

  expect(planFailure(manifest, failure(5), { token: aToken() })).toBeNull();
  const noted = planFailure(manifest, failure(6), { token: aToken() });
  expect(noted?.failure?.revision.position).toBe(6);
  expect(noted && planFailure(noted, failure(5), { token: aToken() })).toBeNull();
});

test("a failure is forgotten once its revision or a newer one is live", () => {
  const failed = { ...aManifest({ revision: 1, indexed: null }), failure: failure(2) };

  const stillOlder = indexedAfter(failed, aMutation({ revision: 1 }));
  const live = indexedAfter(stillOlder, aMutation({ revision: 3 }));

  expect(stillOlder.failure).not.toBeNull();
  expect(live.failure).toBeNull();
});

test("a repair of a text that has followed facets since is applied, and lowers nothing", () => {
  const put = aMutation({ revision: 2, permissions: only("ann") });
  const facet = aFacet(
    { facet: "permissions", permissions: { kind: "public" } },
    { revision: 5, offset: 4 },
  );
  const patched = seenAfterAll(indexedAfter(seenAfterAll(stub, [put]), put), [facet]);
  const contentHash = put.body?.contentHash ?? "";

  expect(decideApply(patched, put.revision, { forced: true, contentHash })).toBe("apply");
  expect(decideApply(patched, put.revision, { forced: false, contentHash })).toBe("superseded");
  const repaired = planIndexed(
    patched,
    {
      mutation: { ...put, body: null },
      contentHash,
      fingerprint: "f",
      live: [],
      title: null,
      characters: 10,
      failedChunks: 0,
      embedded: true,
    },
    input(),
  );

  expect(repaired.indexed?.revision).toEqual(facet.revision);
  expect(repaired.indexed?.policy.permissions).toEqual({ kind: "public" });
});

test("a repair of a text that is not the newest any more is superseded", () => {
  const put = aMutation({ revision: 2, text: "ebb" });
  const live = indexedAfter(seenAfterAll(stub, [put]), put);
  const touched = seenAfterAll(live, [aMutation({ revision: 3, text: "ebb" })]);
  const edited = seenAfterAll(touched, [aMutation({ revision: 4, text: "flood" })]);
  const { contentHash } = put.body ?? { contentHash: "" };

  expect(decideApply(edited, put.revision, { forced: true, contentHash })).toBe("superseded");
});

test("a facet of a document whose content has failed leaves it failed, and not pending", () => {
  const put = aMutation({ revision: 2 });
  const contentHash = put.body?.contentHash ?? null;
  const facet = aFacet({ facet: "metadata", metadata: { a: 1 } }, { revision: 3, offset: 2 });
  const token = aToken();

  const failedFirst = planFailure(seenAfterAll(stub, [put]), failure(2), { token, contentHash });
  const patchedFirst = seenAfterAll(stub, [put, facet]);

  for (const manifest of [
    failedFirst && seenAfterAll(failedFirst, [facet]),
    planFailure(patchedFirst, failure(2), { token, contentHash }),
  ]) {
    expect(manifest?.failure?.revision.position).toBe(3);
    expect(manifest && standingOf(manifest)).toBe("failed");
    expect(manifest && indexedAfter(manifest, put).failure).toBeNull();
  }
});

test("a failure of older content says nothing of newer content", () => {
  const put = aMutation({ revision: 2, text: "ebb" });
  const seen = seenAfterAll(stub, [put, aMutation({ revision: 3, text: "flood" })]);
  const contentHash = put.body?.contentHash ?? null;

  const noted = planFailure(seen, failure(2), { token: aToken(), contentHash });

  expect(noted?.failure?.revision.position).toBe(2);
});
