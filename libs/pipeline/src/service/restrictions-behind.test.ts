import { encodeMarker, encodeMutation, sourceName } from "@tidemark/domain";
import { aDraft, aGeneration, anId, atMs, MemoryEventLog, VirtualClock } from "@tidemark/testing";
import { mutationsTopic, restrictorGroup } from "../topics.ts";
import { RestrictionsBehind } from "./restrictions-behind.ts";

const files = sourceName("files");
const app = sourceName("app");

async function aWorld() {
  const clock = new VirtualClock(atMs);
  const log = new MemoryEventLog({ clock });
  const behind = new RestrictionsBehind({ log, clock, generation: () => aGeneration });
  const append = (source: string) => {
    const documentId = anId("a", source);
    const value = encodeMutation(aDraft({ documentId }));
    return log.append(mutationsTopic, [{ key: documentId, value }]);
  };
  return { append, behind, clock, log };
}

test("a source is behind since its oldest record that the restrictor has not done, and no other", async () => {
  const { append, behind, clock } = await aWorld();
  await append("files");
  await clock.advance(1_000);
  await append("files");

  await behind.look();

  expect(behind.sinceMs(files)).toBe(atMs);
  expect(behind.sinceMs(app)).toBeNull();
});

test("nothing waits once the restrictor has done it", async () => {
  const { append, behind, log } = await aWorld();
  const [at] = await append("files");
  await using consumer = await log.consumer(mutationsTopic, restrictorGroup(aGeneration));
  if (at) await consumer.acknowledge(at.partition, at.offset + 1);

  await behind.look();

  expect(behind.sinceMs(files)).toBeNull();
});

test("a marker restricts nothing", async () => {
  const { behind, log } = await aWorld();
  const marker = { source: "files", producer: "scan", completeToMs: atMs };
  await log.append(mutationsTopic, [{ key: "marker#files", value: encodeMarker(marker) }]);

  await behind.look();

  expect(behind.sinceMs(files)).toBeNull();
});

test("while the log does not answer, every source may be behind", async () => {
  const { behind, clock } = await aWorld();
  await behind.look();

  await clock.advance(10_000);

  expect(behind.sinceMs(app)).toBe(atMs + 2_000);
});
