/** What must hold when everything is handled: the index is what one would build from the source. */
import { keyOf, type DocumentId } from "@tidemark/domain";
import {
  chunkerGroup,
  chunksTopic,
  mutationsTopic,
  type PointRecord,
  restrictorGroup,
  upserterGroup,
} from "@tidemark/pipeline";
import { wordVector, type LogStore } from "@tidemark/testing";
import { absent, policyText, seenText, seenTextOf, type DocumentState } from "./document-state.ts";
import { poisonWord } from "./random-documents.ts";
import type { Promises } from "./promises.ts";
import type { SimulatedGeneration } from "./simulated-generation.ts";
import type { Told } from "./told-states.ts";
import { forbid } from "./violation.ts";
import type { World } from "./world.ts";

/** Whether the groups of these generations have handled every record. */
export function isCaughtUp(log: LogStore, generations: readonly SimulatedGeneration[]): boolean {
  return generations.every(
    ({ id }) =>
      lagOf(log, mutationsTopic, restrictorGroup(id)) === 0 &&
      lagOf(log, mutationsTopic, chunkerGroup(id)) === 0 &&
      lagOf(log, chunksTopic(id), upserterGroup(id)) === 0,
  );
}

export function lagOf(log: LogStore, topic: string, group: string): number {
  const offsets = log.offsets(topic, group);
  return log
    .ranges(topic)
    .map(
      ({ partition, end }) => log.from(topic, partition, offsets.get(partition) ?? 0, end).length,
    )
    .reduce((sum, records) => sum + records, 0);
}

/** Points that no manifest lists; after crashes they are the audit's. */
export function checkRest(world: World, promises: Promises): { readonly leftovers: number } {
  let leftovers = 0;
  for (const generation of world.generations) {
    for (const id of new Set([...world.files.ids(), ...promises.told.ids()])) {
      const left = checkDocument(world, promises, generation, id);
      forbid(left > 0 && !world.disturbed, `${generation.id} ${id}: ${left} points are left over`);
      leftovers += left;
    }
  }
  for (const id of new Set([...world.files.ids(), ...promises.told.ids()])) {
    const built = builtFromCompactedLog(promises, id);
    const isNewest = seenText(built) === seenText(stateOf(world, promises, id));
    forbid(!isNewest, `${id}: what a new generation would build is not the newest state`);
  }
  return { leftovers };
}

/** What is left when each key's last offset is kept, read in order. */
function builtFromCompactedLog(promises: Promises, id: DocumentId): DocumentState {
  const last = new Map(promises.told.of(id).map((told) => [told.key, told]));
  const kept = [...last.values()].sort((a, b) => a.offset - b.offset);
  let built: Told | null = null;
  let state = absent;
  for (const told of kept) {
    const isNewer =
      !built ||
      told.epoch > built.epoch ||
      (told.epoch === built.epoch && told.position > built.position);
    if (!isNewer) continue;
    built = told;
    state = told.apply(state);
  }
  return state;
}

function stateOf(world: World, promises: Promises, id: DocumentId): DocumentState {
  return id.startsWith(`${world.files.name}/`)
    ? world.files.now(keyOf(id))
    : promises.told.newest(id);
}

/**
 * A hint that two resolvers read at different times: one text may have been live under the revision
 * and another have replaced it by a repair, and what a revision wrote is spared by its own sweep.
 */
function isToldTwice(told: readonly Told[]): boolean {
  return new Set(told.map(({ state }) => seenText(state))).size > 1;
}

function checkDocument(
  world: World,
  promises: Promises,
  generation: SimulatedGeneration,
  id: DocumentId,
): number {
  const state = stateOf(world, promises, id);
  const store = world.index.of(generation.id);
  const where = `${generation.id} ${id}`;
  const manifest = store.manifests.get(id);
  const points = store.pointsOf(id);
  if (!manifest) {
    forbid(state.kind === "present", `${where}: never seen`);
    return points.length;
  }
  forbid(
    seenTextOf(manifest) !== seenText(state),
    `${where}: seen ${seenTextOf(manifest)}, not ${seenText(state)}`,
  );
  const live = new Set(manifest.indexed?.live);
  const digestOf = (point: PointRecord) => point.id.replaceAll("-", "").slice(0, 16);
  const listed = points.filter((point) => [...live].some((digest) => digest === digestOf(point)));
  const unlisted = points.filter((point) => !listed.includes(point));
  const leftovers = unlisted.filter(
    ({ revision }) => !isToldTwice(promises.told.at(id, revision)),
  ).length;
  if (state.kind === "absent") {
    forbid(live.size > 0, `${where}: deleted and live`);
    return leftovers;
  }
  if (state.archived) return leftovers;
  const { indexed, seen, failure } = manifest;
  if (generation.expectedLive(id, state.text).length === 0) {
    forbid(failure === null, `${where}: nothing of it can be embedded, and nobody is told`);
    return leftovers;
  }
  forbid(indexed?.contentHash !== state.contentHash, `${where}: its content is not live`);
  forbid(
    JSON.stringify(indexed?.revision) !== JSON.stringify(seen.revision),
    `${where}: its revision is pending`,
  );
  forbid(
    !indexed || policyText(indexed.policy) !== policyText(state),
    `${where}: its content has another policy`,
  );
  forbid(listed.length !== live.size, `${where}: listed points are missing`);
  const { metadata, tenant, permissions } = state;
  for (const point of listed) {
    const expected = wordVector(point.text, generation.generation.recipe.space);
    forbid(
      !point.vector.every((value, at) => value === expected[at]),
      `${where}: a vector of another space`,
    );
    forbid(point.text.includes(poisonWord), `${where}: a point of poison`);
    const { copies } = point;
    // Without copies it is a candidate for every search: a crash may leave that, and it is safe.
    if (!copies && world.disturbed) continue;
    forbid(
      !copies ||
        policyText(copies.policy) !== policyText({ tenant, permissions }) ||
        JSON.stringify(copies.metadata) !== JSON.stringify(metadata),
      `${where}: copies that do not follow`,
    );
  }
  return leftovers;
}
