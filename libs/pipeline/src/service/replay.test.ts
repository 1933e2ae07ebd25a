import { encodeMutation, fingerprintOf, type GenerationId } from "@tidemark/domain";
import {
  aDraft,
  aGeneration,
  anId,
  aRecipe,
  MemoryEventLog,
  VirtualClock,
} from "@tidemark/testing";
import type { ReplayRequest } from "../operations.ts";
import { mutationsTopic } from "../topics.ts";
import { Catalogue } from "./catalogue.ts";
import { Replayer } from "./replay.ts";

const everything: ReplayRequest = {
  source: null,
  document: null,
  sinceMs: null,
  generation: null,
  dryRun: false,
  force: false,
  perSecond: null,
};

async function aWorld() {
  const clock = new VirtualClock();
  const log = new MemoryEventLog({ clock });
  const catalogue = await Catalogue.load(log, clock);
  const kept = { fingerprint: fingerprintOf(aRecipe), recipe: aRecipe, createdAtMs: 0 };
  const times = { activatedAtMs: null, retiringSinceMs: null };
  await catalogue.putGenerations([
    { ...kept, ...times, id: aGeneration, state: "active" },
    { ...kept, ...times, id: "g2" as GenerationId, state: "building" },
    { ...kept, ...times, id: "g3" as GenerationId, state: "retired" },
  ]);
  let made = 0;
  const newId = () => `r${(made += 1)}`;
  const replayer = new Replayer({ log, catalogue, clock, newId });
  const write = (key: string, source = "files", text = "tide") => {
    const id = anId(key, source);
    const value = encodeMutation(aDraft({ documentId: id, text }));
    return log.append(mutationsTopic, [{ key: id, value }]);
  };
  return { catalogue, clock, replayer, write };
}

test("a dry run counts documents, records and bytes, and begins nothing", async () => {
  const { replayer, write } = await aWorld();
  for (const key of ["a", "b", "b"]) await write(key);
  await write("a", "app");
  const source = "files" as ReplayRequest["source"];

  const report = await replayer.replay({ ...everything, source, dryRun: true });

  expect(report).toMatchObject({
    id: null,
    generation: aGeneration,
    dryRun: true,
    started: false,
    documents: 2,
    records: 3,
  });
  expect(report.bytes).toBeGreaterThan(600);
  expect(await replayer.list()).toEqual([]);
});

test("a replay begins over what the log holds then, and is listed, the newest first", async () => {
  const { catalogue, clock, replayer, write } = await aWorld();
  for (const key of ["a", "b", "c"]) await write(key);

  const { id } = await replayer.replay(everything);
  await write("d");
  await clock.advance(1_000);
  await replayer.replay({ ...everything, generation: "g2" as GenerationId, perSecond: 5 });

  const ends = Object.values(catalogue.replay(id ?? "")?.ends ?? {});
  expect(ends.reduce((sum, end) => sum + end, 0)).toBe(3);
  expect(await replayer.list()).toMatchObject([
    { id: "r2", generation: "g2", perSecond: 5, documents: 4, documentsDone: 0, leftMs: null },
    { id: "r1", generation: "g1", perSecond: null, documents: 3, share: 0, state: "running" },
  ]);
});

test.each([
  ["g9", 404, "unknown-generation"],
  ["g3", 409, "generation-retired"],
])("a replay of generation %s is refused with %i %s", async (generation, status, code) => {
  const { replayer } = await aWorld();

  const asked = replayer.replay({ ...everything, generation: generation as GenerationId });

  await expect(asked).rejects.toMatchObject({ status, code });
});

test("no more than a hundred wait at once, and what is not there cannot be changed", async () => {
  const { replayer } = await aWorld();
  for (let at = 0; at < 100; at += 1) await replayer.replay(everything);

  await expect(replayer.replay(everything)).rejects.toMatchObject({ code: "too-many-replays" });
  await expect(replayer.change("r0", { state: "paused" })).rejects.toMatchObject({
    code: "unknown-replay",
  });
  await replayer.change("r1", { state: "cancelled" });
  await expect(replayer.change("r1", { state: "running" })).rejects.toMatchObject({
    code: "replay-ended",
  });
  expect((await replayer.replay(everything)).started).toBe(true);
});
