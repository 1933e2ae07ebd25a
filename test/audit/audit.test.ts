/** Whatever is done to an index behind its keepers' backs is found, named and mended. */
import { aManifest, only } from "@tidemark/testing";
import type { AuditFault, SourceName } from "@tidemark/domain";
import { AuditedWorld, idIn } from "../promises/world/audited-world.ts";
import { SmallWorld } from "../promises/world/small-world.ts";

const secret = only("ann");

const indexes = [
  ["an index of primitives", () => SmallWorld.overPrimitives()],
  ["an index in SQLite", () => SmallWorld.overSqlite()],
] as const;

const faults: readonly (readonly [
  AuditFault,
  string,
  (audited: AuditedWorld, source: SourceName) => Promise<void>,
])[] = [
  [
    "missing",
    "a document whose content is not indexed",
    (audited, source) => audited.forge(idIn(source, "1.md"), { indexed: null }),
  ],
  [
    "missing",
    "a document that its manifest says is deleted",
    (audited, source) => audited.forge(idIn(source, "5.md"), { seen: { deleted: true } }),
  ],
  [
    "orphan",
    "a document of no source",
    (audited, source) => audited.putGhost(idIn(source, "ghost.md")),
  ],
  [
    "orphan",
    "points of no document",
    async (audited, source) => void (await audited.putPoints(idIn(source, "void.md"), "a wreck")),
  ],
  [
    "stale",
    "content of another revision",
    (audited, source) => audited.forge(idIn(source, "2.md"), { indexed: { contentHash: "old" } }),
  ],
  [
    "fingerprint",
    "content of another fingerprint",
    (audited, source) => audited.forge(idIn(source, "4.md"), { indexed: { fingerprint: "old" } }),
  ],
  [
    "permissions",
    "a policy that is wider than the log's",
    async (audited, source) => {
      const id = idIn(source, "secret.md");
      const { policy } = (await audited.world.manifest(id)).seen;
      const wide = { ...policy, permissions: { kind: "public" } as const };
      await audited.forge(id, { seen: { policy: wide }, indexed: { policy: wide } });
    },
  ],
  [
    "duplicate",
    "points that the manifest does not list",
    async (audited, source) =>
      void (await audited.putPoints(idIn(source, "6.md"), "low water falls twice")),
  ],
];

describe.each(indexes)("over %s", (_index, make) => {
  test("an audit of what nothing was done to is clean, and reads no document in full", async () => {
    const audited = await AuditedWorld.filled(make);

    const certificates = await audited.audit();

    expect(certificates).toMatchObject(
      ["files", "push"].map((source) => ({
        source,
        verdict: "clean",
        logged: 10,
        manifests: 10,
        points: 20,
        documentsRead: 0,
        sampled: 10,
        faulty: 0,
      })),
    );
    expect(audited.kept).toEqual(certificates);
  });

  describe.each(["files", "push"])("of %s", (source) => {
    test.each(faults)("%s is found, named and mended: %s", async (fault, _what, inject) => {
      const audited = await AuditedWorld.filled(make);
      await inject(audited, source as SourceName);

      const [found] = await audited.audit(null, source as SourceName);
      const [dry] = await audited.audit({ dryRun: true }, source as SourceName);
      await audited.audit({ dryRun: false }, source as SourceName);
      await audited.world.settle();
      const [after] = await audited.audit(null, source as SourceName);

      expect(found).toMatchObject({ verdict: "faulty", faulty: 1, faults: { [fault]: 1 } });
      expect(dry).toMatchObject({ verdict: "faulty", repair: { dryRun: true, documents: 1 } });
      expect(after).toMatchObject({ verdict: "clean", faulty: 0, undecided: 0 });
    });
  });
});

describe.each(["files", "push"])("a second manifest, of a document of %s,", (name) => {
  test.each([
    ["that is live", "6.md", "duplicate"],
    ["that nobody knows", "ghost.md", "orphan"],
  ])("%s, is found, named and swept", async (_which, key, fault) => {
    const audited = await AuditedWorld.filled(() => SmallWorld.overPrimitives());
    const { generation, store } = audited.world;
    const source = name as SourceName;
    const { strays } = store.of(generation.id);
    strays.add(aManifest({ documentId: idIn(source, key), indexed: null }));

    const [found] = await audited.audit(null, source);
    await audited.audit({ dryRun: true }, source);
    const isSpared = strays.size === 1;
    const [repaired] = await audited.audit({ dryRun: false }, source);
    await audited.world.settle();
    const [after] = await audited.audit(null, source);

    expect(found).toMatchObject({ verdict: "faulty", faulty: 1, faults: { [fault]: 1 } });
    expect(found?.examples[0]?.detail).toMatch(/1 more manifests of it/u);
    expect(isSpared).toBe(true);
    expect(repaired?.repair).toMatchObject({ documents: 1, swept: 1 });
    expect(strays.size).toBe(0);
    expect(after).toMatchObject({ verdict: "clean", manifests: 10 });
  });
});

test.each(indexes)(
  "what could not be read is named by a certificate that is clean, over %s",
  async (_index, make) => {
    const audited = await AuditedWorld.filled(make);
    const id = idIn(audited.world.pushName, "2.md");
    const { seen } = await audited.world.manifest(id);
    const failure = { revision: seen.revision, reason: "unparseable", message: "noise", atMs: 0 };
    await audited.forge(id, { failure });

    const [files, push] = await audited.audit();

    expect(files).toMatchObject({ verdict: "clean", setAside: { documents: 0, examples: [] } });
    expect(push).toMatchObject({ verdict: "clean", faulty: 0 });
    expect(push?.setAside).toEqual({
      documents: 1,
      examples: [{ documentId: id, reason: "unparseable", message: "noise" }],
    });
  },
);

test("a document whose readers were narrowed by a part is narrowed still when it is mended", async () => {
  const audited = await AuditedWorld.filled(() => SmallWorld.overSqlite());
  await audited.forge(idIn(audited.world.pushName, "5.md"), { seen: { deleted: true } });

  await audited.audit({ dryRun: false });
  await audited.world.settle();

  const { indexed, seen } = await audited.world.manifest(idIn(audited.world.pushName, "5.md"));
  expect([seen.policy.permissions, indexed?.policy.permissions]).toEqual([secret, secret]);
});

test("what changes while it is audited is compared again, and is no fault", async () => {
  const audited = await AuditedWorld.filled(() => SmallWorld.overSqlite());
  const { world } = audited;
  await world.push("7.md", { text: "the harbour is closed" });

  const auditing = audited.audit(null, world.pushName);
  await world.settle();
  await world.clock.advance(500);
  const [certificate] = await auditing;

  expect(certificate).toMatchObject({ verdict: "clean", faulty: 0, changed: 1, documentsRead: 1 });
});

describe("nothing is mended", () => {
  test.each([
    [
      "while a stage is in trouble",
      { troubles: ["upserter: breaker is open"] },
      /breaker is open/u,
    ],
    ["while dead letters rise", { deadLetters: 3 }, /dead letters are rising: 3/u],
    ["while changes are late", { late: ["files" as SourceName] }, /later than the objective/u],
  ])("%s", async (_when, health, refused) => {
    const audited = await AuditedWorld.filled(() => SmallWorld.overSqlite());
    const id = idIn(audited.world.pushName, "1.md");
    await audited.forge(id, { indexed: { fingerprint: "old" } });
    audited.asked = () => {
      audited.asked = () => {
        audited.health = { ...audited.health, ...health };
      };
    };

    const [certificate] = await audited.audit({ dryRun: false }, audited.world.pushName);
    await audited.world.settle();

    expect(certificate?.repair).toMatchObject({ documents: 0, replayed: 0 });
    expect(certificate?.repair?.refused).toMatch(refused);
    expect((await audited.world.manifest(id)).indexed?.fingerprint).toBe("old");
  });
});
