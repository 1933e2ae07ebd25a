/** A new index made from the compacted log alone is what the live one is. */
import { digestOf, type DocumentId } from "@tidemark/domain";
import { chunkerGroup, chunksTopic, mutationsTopic, restrictorGroup } from "@tidemark/pipeline";
import { IndexStore, plainPoint, type GenerationStore } from "@tidemark/testing";
import { compareStores } from "../checker/compare-stores.ts";
import type { Store, StoredDocument } from "../checker/read-store.ts";
import { forbid } from "./violation.ts";
import type { World } from "./world.ts";

/**
 * Takes away the index, all chunks, and of the mutations all but the last record of each key; every
 * process is gone. What is left is what a backfill has to begin with.
 * @returns what the index was
 */
export function loseIndex({ generations, index, log }: World): IndexStore {
  const live = index.snapshot();
  log.compact(mutationsTopic);
  for (const { id } of generations) {
    log.drop(chunksTopic(id));
    log.offsets(mutationsTopic, restrictorGroup(id)).clear();
    log.offsets(mutationsTopic, chunkerGroup(id)).clear();
  }
  index.restore(new IndexStore());
  for (const { id, generation } of generations) index.ensure(id, generation.recipe.space.dimension);
  return live;
}

/** @throws Violation where a document is not what it was */
export function checkRebuilt(live: IndexStore, rebuilt: IndexStore): void {
  for (const [id, store] of live.generations) {
    const [was, is] = [storeOf(store), storeOf(rebuilt.of(id))];
    for (const [documentId, { manifest }] of is.documents) {
      if (manifest.failure === null) continue;
      const before = was.documents.get(documentId)?.manifest.failure?.reason;
      forbid(
        before !== manifest.failure.reason,
        `${id} ${documentId}: fails in the rebuild, and did not before`,
      );
      // Of content that cannot be embedded a log that was compacted has no earlier one to show.
      is.documents.delete(documentId);
      was.documents.delete(documentId);
    }
    const [difference] = compareStores(was, is);
    forbid(
      difference !== undefined,
      `${id} ${difference?.subject}: rebuilt from the compacted log, it was ${difference?.detail}`,
    );
  }
}

function storeOf(
  store: GenerationStore,
): Store & { readonly documents: Map<DocumentId, StoredDocument> } {
  const documents = new Map<DocumentId, StoredDocument>();
  for (const [id, manifest] of store.manifests) {
    const points = store.pointsOf(id).map(plainPoint);
    const byDigest = new Map(points.map((point) => [digestOf(point.id), point]));
    const live = (manifest.indexed?.live ?? []).map((digest) => byDigest.get(digest));
    documents.set(id, { manifest, live });
  }
  return { documents, leftovers: new Map(), strayVectors: 0, points: 0 };
}
