/** What only a thorough look finds, and documents that are looked at alone. */
import type { DocumentId } from "@tidemark/domain";
import { AuditedWorld, idIn } from "../promises/world/audited-world.ts";
import { SmallWorld } from "../promises/world/small-world.ts";

const indexes = [
  ["an index of primitives", () => SmallWorld.overPrimitives()],
  ["an index in SQLite", () => SmallWorld.overSqlite()],
] as const;
const thorough = { isThorough: true };

describe.each(indexes)("over %s", (_index, make) => {
  test.each(["files", "push"])(
    "a list that lost its last chunk with its point is found by a thorough audit of %s, and mended",
    async (name) => {
      const audited = await AuditedWorld.filled(make);
      const { pushName } = audited.world;
      const source = name === "push" ? pushName : audited.world.filesName;
      const id = idIn(source, "1.md");
      const whole = (await audited.world.manifest(id)).indexed?.live;
      await truncate(audited, id);

      const [quick] = await audited.audit(null, source);
      const [found] = await audited.audit(null, source, thorough);
      await audited.audit({ dryRun: false }, source, { documents: [id] });
      await audited.world.settle();
      const [after] = await audited.audit(null, source, thorough);

      expect(quick).toMatchObject({ verdict: "clean", faulty: 0 });
      expect(found).toMatchObject({ verdict: "faulty", faulty: 1, faults: { missing: 1 } });
      expect(after).toMatchObject({ verdict: "clean", faulty: 0, undecided: 0, sampled: 20 });
      expect((await audited.world.manifest(id)).indexed?.live).toEqual(whole);
    },
  );

  test("a vector that is wrong in one of many chunks is found by a thorough audit", async () => {
    const audited = await AuditedWorld.filled(make);
    const id = idIn(audited.world.pushName, "1.md");
    await damageLastVector(audited, id);

    const [found] = await audited.audit(null, audited.world.pushName, thorough);

    expect(found?.examples).toMatchObject([{ documentId: id, fault: "fingerprint" }]);
  });

  test("documents that are named are looked at alone and in full, and no certificate is kept", async () => {
    const audited = await AuditedWorld.filled(make);
    const { filesName, pushName } = audited.world;
    const named = [idIn(pushName, "1.md"), idIn(filesName, "2.md")];
    await damageLastVector(audited, named[0] as DocumentId);
    await truncate(audited, idIn(pushName, "4.md"));
    await audited.forge(idIn(pushName, "6.md"), { indexed: { fingerprint: "old" } });

    const found = await audited.audit(null, null, { documents: named });
    await audited.audit({ dryRun: false }, null, { documents: named });
    await audited.world.settle();
    const mended = await audited.audit(null, null, { documents: named });
    const { indexed } = await audited.world.manifest(idIn(pushName, "6.md"));

    expect(found.map(({ source, verdict }) => [source, verdict])).toEqual([
      [filesName, "clean"],
      [pushName, "faulty"],
    ]);
    expect(found.flatMap(({ examples }) => examples.map((each) => each.documentId))).toEqual([
      named[0],
    ]);
    expect(mended.map(({ faulty, sampled, undecided }) => [faulty, sampled, undecided])).toEqual([
      [0, 2, 0],
      [0, 2, 0],
    ]);
    expect(indexed?.fingerprint).toBe("old");
    expect(audited.kept).toEqual([]);
  });
});

test("as many faulty documents are named as were asked for, and a certificate keeps some", async () => {
  const audited = await AuditedWorld.filled(() => SmallWorld.overSqlite());
  const { pushName } = audited.world;
  for (let number = 10; number < 40; number += 1) {
    await audited.putGhost(idIn(pushName, `ghost-${number}.md`));
  }

  const [all] = await audited.audit(null, pushName, { examplesMax: 30 });

  expect([all?.faulty, all?.examples.length]).toEqual([30, 30]);
  expect(audited.kept[0]?.examples.length).toBe(20);
});

/** Its manifest lists one chunk less, and the point is gone. */
async function truncate(audited: AuditedWorld, id: DocumentId): Promise<void> {
  const { indexed } = await audited.world.manifest(id);
  const live = indexed?.live.slice(0, -1) ?? [];
  await audited.forge(id, { indexed: { live } });
  const revision = { epoch: Number.MAX_SAFE_INTEGER, position: 0 };
  await audited.world.index().sweep(audited.world.generation.id, id, { revision, live });
}

async function damageLastVector(audited: AuditedWorld, id: DocumentId): Promise<void> {
  const index = audited.world.index();
  const generation = audited.world.generation.id;
  const point = (await index.pointsOf(generation, id)).at(-1);
  if (!point) throw new Error(`no points of ${id}`);
  const vector = point.vector.map((number, at) => (at % 2 === 0 ? -number : number + 0.01));
  await index.putPoints(generation, [{ ...point, vector }]);
}
