import { fingerprintOf, type Generation, type GenerationId } from "@tidemark/domain";
import { anId, aRecipe, LogStore, MemoryEventLog, VirtualClock } from "@tidemark/testing";
import { controlTopic } from "../topics.ts";
import { beganAnew } from "./began-anew.ts";
import { Catalogue } from "./catalogue.ts";

function aWorld() {
  const store = new LogStore(1);
  const clock = new VirtualClock();
  const log = new MemoryEventLog({ store, clock });
  const said: string[] = [];
  const logger = { warn: (_: unknown, message: string) => void said.push(message) };
  return { store, said, load: () => Catalogue.load(log, clock, logger) };
}

function aGenerationThatIs(id: string, state: Generation["state"]): Generation {
  return {
    id: id as GenerationId,
    state,
    fingerprint: fingerprintOf(aRecipe),
    recipe: aRecipe,
    createdAtMs: 0,
    activatedAtMs: 0,
    retiringSinceMs: null,
  };
}

test("a catalogue that was lost is written again by whoever knows it, and that is said once", async () => {
  const { load, said, store } = aWorld();
  const known = await load();
  await known.putGenerations([aGenerationThatIs("g1", "active")]);
  await known.accept([anId("odd.pdf")]);

  store.recreate(controlTopic, 1);
  await known.refresh();
  await known.refresh();

  const fresh = await load();
  expect(fresh.active?.id).toBe("g1");
  expect(fresh.isAccepted(anId("odd.pdf"))).toBe(true);
  expect(said).toEqual([beganAnew.catalogue]);
});

test("what somebody has decided since is not written over by who knows less", async () => {
  const { load, store } = aWorld();
  const keeper = await load();
  await keeper.putGenerations(["g1", "g2"].map((id) => aGenerationThatIs(id, "building")));
  const other = await load();

  store.recreate(controlTopic, 1);
  await keeper.putGenerations([aGenerationThatIs("g2", "active")]);
  await other.refresh();

  const fresh = await load();
  expect(fresh.active?.id).toBe("g2");
  expect(fresh.generation("g1" as GenerationId)?.state).toBe("building");
  expect(other.active?.id).toBe("g2");
});

test("a certificate of an older release, which tells nothing of what was set aside, is read", async () => {
  const { load, store } = aWorld();
  const certificate = { v: 1, source: "files", verdict: "clean" };
  const value = JSON.stringify({ kind: "audit", certificate });
  store.append(controlTopic, [{ key: "audit/files", value }], 0);

  const { audits } = await load();

  expect(audits).toMatchObject([{ source: "files", setAside: { documents: 0, examples: [] } }]);
});
