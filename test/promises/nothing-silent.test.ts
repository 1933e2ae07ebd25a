/** Promise 8: nothing is silent, and what cannot be known is said to be unknown. */
import { AuditedWorld, idIn } from "./world/audited-world.ts";
import { SmallWorld } from "./world/small-world.ts";

test("what an audit did not see settled in time is undecided, and no fault", async () => {
  const audited = await AuditedWorld.filled(() => SmallWorld.overSqlite());
  const { world } = audited;
  await world.push("7.md", { text: "the harbour is closed" });

  const auditing = audited.audit(null, world.pushName);
  await world.clock.advance(8_000);
  const [certificate] = await auditing;

  expect(certificate).toMatchObject({ verdict: "undecided", faulty: 0, undecided: 1 });
});

test("a vector that its text does not have is found by the sample", async () => {
  const audited = await AuditedWorld.filled(() => SmallWorld.overPrimitives());
  const { world } = audited;
  const id = idIn(world.filesName, "1.md");
  const [point] = await world.index().pointsOf(world.generation.id, id);
  const vector = point!.vector.toReversed();
  await world.index().putPoints(world.generation.id, [{ ...point!, vector }]);

  const found: number[] = [];
  for (let audits = 0; audits < 6; audits += 1) {
    audited.seed = audits;
    const [certificate] = await audited.audit(null, world.filesName);
    found.push(certificate?.faults.fingerprint ?? 0);
  }

  expect(found).toContain(1);
});

test("points that no manifest lists are named", async () => {
  const audited = await AuditedWorld.filled(() => SmallWorld.overPrimitives());
  const { world } = audited;
  await audited.putPoints(idIn(world.pushName, "6.md"), "low water falls twice");

  const [certificate] = await audited.audit(null, world.pushName);

  expect(certificate).toMatchObject({ verdict: "faulty", faults: { duplicate: 1 } });
});
