/**
 * The promises, checked against what the sources and the log told, after every step. What is
 * compared is worked out here, from states of the simulation's own.
 */
import {
  digestOf,
  keyOf,
  sourceOf,
  type DocumentId,
  type Manifest,
  type Revision,
} from "@tidemark/domain";
import { hintsTopic, type PointRecord } from "@tidemark/pipeline";
import type { GenerationStore } from "@tidemark/testing";
import {
  policyAdmits,
  policyText,
  seenText,
  seenTextOf,
  type DocumentState,
  type Prober,
} from "./document-state.ts";
import type { SimulatedGeneration } from "./simulated-generation.ts";
import { ToldStates } from "./told-states.ts";
import { forbid } from "./violation.ts";
import type { World } from "./world.ts";

export const probers: readonly Prober[] = [
  { name: "anyone", tenant: null, principals: [], number: null },
  { name: "ann", tenant: "acme", principals: ["ann"], number: null },
  { name: "bo", tenant: null, principals: ["bo"], number: null },
  { name: "ann, number 1", tenant: "acme", principals: ["ann"], number: 1 },
];

/** A manifest, from the step on at which it was written. */
export interface Version {
  readonly step: number;
  readonly manifest: Manifest;
}

interface Watched {
  writes: number;
  /** By prober, as of now. */
  hiddenFrom: readonly boolean[];
  versions: Version[];
  /** By prober: the last step at which the document was not to be found. */
  readonly lastHidden: number[];
}

export class Promises {
  readonly #world: World;
  readonly told: ToldStates;
  readonly #hintedAt = new Map<string, number>();
  readonly #hintsRead = new Map<number, number>();
  readonly #watched = new Map<string, Watched>();

  /** @param texts every text that ever was in the listed source, by its content hash */
  constructor(world: World, texts: ReadonlyMap<string, string>) {
    this.#world = world;
    this.told = new ToldStates(world.log, texts, (told, id) => this.#checkTold(told, id));
  }

  /** What must hold after every step. */
  afterStep(): void {
    this.#readHints();
    this.told.catchUp();
    for (const generation of this.#world.generations) {
      const store = this.#world.index.generations.get(generation.id);
      if (!store) continue;
      for (const [id, manifest] of store.manifests) this.#watch(generation, store, id, manifest);
    }
  }

  /** The index was set back to a backup: what was higher before may come again. */
  forgetIndex(): void {
    this.#watched.clear();
  }

  /** A topic of hints was made anew. */
  forgetHints(): void {
    this.#hintsRead.clear();
  }

  /** Versions of a document's manifest that were there at some time in a span of steps. */
  versionsIn(generation: SimulatedGeneration, id: DocumentId, from: number): readonly Version[] {
    const { versions } = this.#of(generation, id);
    const first = versions.findLastIndex((version) => version.step <= from);
    return versions.slice(Math.max(0, first));
  }

  /** Documents that a prober was to find at every step from one on. */
  visibleSince(generation: SimulatedGeneration, prober: number, from: number): DocumentId[] {
    const store = this.#world.index.of(generation.id);
    return [...store.manifests.keys()].filter(
      (id) => (this.#of(generation, id).lastHidden[prober] ?? Infinity) < from,
    );
  }

  #watch(
    generation: SimulatedGeneration,
    store: GenerationStore,
    id: DocumentId,
    manifest: Manifest,
  ): void {
    const watched = this.#of(generation, id);
    const before = watched.versions.at(-1)?.manifest;
    const writes = store.writesOf(id);
    const isSame = before === manifest && watched.writes === writes;
    if (before !== manifest) {
      this.#checkManifest(generation, manifest, before);
      watched.versions.push({ step: this.#world.step, manifest });
    }
    if (!isSame) {
      watched.writes = writes;
      watched.hiddenFrom = hiddenFrom(store, manifest);
    }
    for (const [at, isHidden] of watched.hiddenFrom.entries()) {
      if (isHidden) watched.lastHidden[at] = this.#world.step;
    }
  }

  #checkManifest(
    generation: SimulatedGeneration,
    manifest: Manifest,
    before: Manifest | undefined,
  ): void {
    const { documentId: id, seen, indexed } = manifest;
    if (before) {
      forbid(isLower(seen.revision, before.seen.revision), `${id}: what is seen was lowered`);
      const wasLive = before.indexed?.revision;
      forbid(
        wasLive !== undefined && (!indexed || isLower(indexed.revision, wasLive)),
        `${id}: what is live was lowered`,
      );
    }
    if (seen.revision.epoch === 0) return;
    const behind = generation.beganBehind.get(this.#partitionOf(id)) ?? 0;
    // A generation that began on a compacted log meets facets without those before them.
    if (sourceOf(id) === "push" && seen.offset < behind) return;
    const told = this.told.at(id, seen.revision).map(({ state }) => state);
    forbid(
      !told.some((state) => seenText(state) === seenTextOf(manifest)),
      `${id}: what is seen at ${show(seen.revision)} was never told: ${seenTextOf(manifest)}`,
    );
    if (indexed) this.#checkIndexed(generation, manifest, indexed);
  }

  #checkIndexed(
    generation: SimulatedGeneration,
    { documentId: id, seen }: Manifest,
    indexed: NonNullable<Manifest["indexed"]>,
  ): void {
    const told = this.told.at(id, indexed.revision).map(({ state }) => state);
    if (indexed.contentHash === "") {
      forbid(!told.some(({ kind }) => kind === "absent"), `${id}: emptied without a delete`);
      forbid(indexed.live.length > 0, `${id}: a deleted document has live points`);
      return;
    }
    const states = told
      .filter((state) => state.kind === "present")
      .filter(
        (state) =>
          state.contentHash === indexed.contentHash &&
          policyText(state) === policyText(indexed.policy),
      );
    const [state] = states;
    if (!state) {
      forbid(true, `${id}: what is live at ${show(indexed.revision)} was never told`);
      return;
    }
    const expected = generation.expectedLive(id, state.text);
    forbid(
      JSON.stringify(indexed.live) !== JSON.stringify(expected),
      `${id}: what is live is not the document's chunks`,
    );
    if (!seen.deleted) this.#checkNothingSkipped(id, indexed.revision, seen);
  }

  /** Content from before a delete must not be live after it, even under the policy of a new one. */
  #checkNothingSkipped(id: DocumentId, live: Revision, seen: Manifest["seen"]): void {
    const partition = this.#partitionOf(id);
    const skipped = this.told.of(id).find(
      (told) =>
        told.partition === partition &&
        told.offset < seen.offset &&
        isLower(live, told) &&
        isLower(told, seen.revision) &&
        // Nor was it displaced, by a record of a newer revision that stands before it.
        !this.told.of(id).some((other) => other.offset < told.offset && isLower(told, other)) &&
        // A hint that was resolved twice told something else as well, and is asked for again.
        this.told.at(id, told).every(({ state }) => state.kind === "absent"),
    );
    forbid(skipped !== undefined, `${id}: deleted content is live`);
  }

  /** A told state of the listed source was true at some time after its hint had an offset. */
  #checkTold(
    told: { readonly epoch: number; readonly position: number; readonly state: DocumentState },
    id: DocumentId,
  ): void {
    const { files } = this.#world;
    if (sourceOf(id) !== files.name) return;
    const hintedAt = this.#hintedAt.get(`${id} ${told.epoch} ${told.position - 1}`);
    forbid(hintedAt === undefined, `${id}: told under a position that no hint has`);
    const since = files.since(keyOf(id), hintedAt ?? 0).map(seenText);
    forbid(!since.includes(seenText(told.state)), `${id}: told a state from before its hint`);
  }

  #readHints(): void {
    const { log, step } = this.#world;
    for (const { partition, end } of log.ranges(hintsTopic)) {
      const from = this.#hintsRead.get(partition) ?? 0;
      for (const { value, key, offset } of log.from(hintsTopic, partition, from, end)) {
        const { epoch } = JSON.parse(value ?? "{}") as { epoch?: number };
        const name = `${key} ${epoch} ${offset}`;
        if (!this.#hintedAt.has(name)) this.#hintedAt.set(name, step);
      }
      this.#hintsRead.set(partition, end);
    }
  }

  #partitionOf(id: DocumentId): number {
    return this.told.of(id)[0]?.partition ?? -1;
  }

  #of(generation: SimulatedGeneration, id: DocumentId): Watched {
    const name = `${generation.id} ${id}`;
    const found = this.#watched.get(name);
    if (found) return found;
    const step = this.#world.step - 1;
    const made = {
      versions: [],
      writes: -1,
      hiddenFrom: [],
      lastHidden: probers.map(() => step),
    };
    this.#watched.set(name, made);
    return made;
  }
}

/** From whom a document is hidden now; for all others it must be there, whole. */
function hiddenFrom(store: GenerationStore, manifest: Manifest): boolean[] {
  const { documentId: id } = manifest;
  const live = new Set<string>(manifest.indexed?.live);
  const listed = store.pointsOf(id).filter((point) => live.has(digestOf(point.id)));
  const isSettled = !isLower(manifest.copied, manifest.seen.revision);
  return probers.map((prober) => {
    const may = mayFind(manifest, prober);
    forbid(may && listed.length !== live.size, `half of ${id} is live`);
    // A wider policy counts from when the copies have followed; until then the manifest says so.
    const isNarrowed = may && listed.some((point) => !isCandidate(point, prober));
    forbid(isNarrowed && isSettled, `${id}: copies that do not follow, and nobody knows`);
    return !may || isNarrowed;
  });
}

/** Both halves allow it, and there is something to find. */
export function mayFind(manifest: Manifest, prober: Prober): boolean {
  const { seen, indexed } = manifest;
  if (seen.deleted || seen.archived || !indexed || indexed.live.length === 0) return false;
  const isWanted = prober.number === null || seen.metadata["number"] === prober.number;
  return isWanted && policyAdmits(seen.policy, prober) && policyAdmits(indexed.policy, prober);
}

/** Whether a point's copies let a search see it. */
function isCandidate({ copies }: PointRecord, prober: Prober): boolean {
  if (!copies) return true;
  const isWanted = prober.number === null || copies.metadata["number"] === prober.number;
  return isWanted && policyAdmits(copies.policy, prober);
}

export function isLower(a: Revision, b: Revision): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.position < b.position);
}

function show({ epoch, position }: Revision): string {
  return `${epoch}.${position}`;
}
