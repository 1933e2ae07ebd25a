/**
 * The most that may be embedded when nothing goes wrong: of each document's newly published chunks
 * those that it did not have before. A delete in between starts anew.
 */
import type { DocumentId } from "@tidemark/domain";
import { chunksTopic, decodeChunkPart, documentOf } from "@tidemark/pipeline";
import type { Promises } from "./promises.ts";
import type { SimulatedGeneration } from "./simulated-generation.ts";
import { forbid } from "./violation.ts";
import type { World } from "./world.ts";

interface Before {
  readonly texts: ReadonlySet<string>;
  readonly told: number;
}

export function checkEmbeddingWork(world: World, promises: Promises): void {
  const { crashes, faults, zombies, redelivery, restores } = world.features;
  if (crashes || faults || zombies || redelivery || restores) return;
  for (const generation of world.generations) {
    const most = embeddedAtMost(world, promises, generation);
    const { embedded } = generation;
    forbid(embedded > most, `${generation.id}: ${embedded} texts embedded where ${most} changed`);
  }
}

function embeddedAtMost(world: World, promises: Promises, generation: SimulatedGeneration): number {
  const topic = chunksTopic(generation.id);
  const before = new Map<DocumentId, Before>();
  let most = 0;
  for (const { partition, end } of world.log.ranges(topic)) {
    for (const { value } of world.log.from(topic, partition, 0, end)) {
      if (value === null || value.includes('"marker"')) continue;
      const part = decodeChunkPart(value);
      const id = documentOf(part);
      const told = promises.told.of(id);
      const at = told.findIndex(({ position }) => position === part.mutation.revision.position);
      const old = before.get(id);
      const isNew = !old || told.slice(old.told, at).some(({ state }) => state.kind === "absent");
      const texts = new Set(numbered(part.chunks.map(({ text }) => text)));
      const known = isNew || part.forced ? new Set<string>() : old.texts;
      most += [...texts].filter((text) => !known.has(text)).length;
      before.set(id, { texts, told: at });
    }
  }
  return most;
}

/** Of equal texts each is a chunk by itself. */
function numbered(texts: readonly string[]): string[] {
  return texts.map(
    (text, at) => `${texts.slice(0, at).filter((one) => one === text).length} ${text}`,
  );
}
