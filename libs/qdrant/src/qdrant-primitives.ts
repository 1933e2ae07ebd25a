/** Qdrant as an index of conditional writes, on which the commit protocol is built. */
import {
  type DocumentId,
  type Generation,
  type GenerationId,
  type Manifest,
  type PointDigest,
  type PointId,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import {
  generationOfGroup,
  mapBounded,
  type CandidateQuery,
  type DocumentCopies,
  type IndexPrimitives,
  type KeptPage,
  type KeptPointPage,
  type ManifestRange,
  type ManifestUpdate,
  type PointRecord,
  type PointSweep,
  type Progress,
} from "@tidemark/pipeline";
import * as audit from "./audit-records.ts";
import type { Collection } from "./collection.ts";
import { Collections } from "./collections.ts";
import { Connection } from "./connection.ts";
import { MissingCollectionError, ReplicationRefusedError } from "./errors.ts";
import { noteGeneration, notedGeneration } from "./generation-records.ts";
import { probeGuard } from "./guard-probe.ts";
import * as manifests from "./manifest-records.ts";
import * as points from "./point-records.ts";
import { searchPoints, searchWithin } from "./point-searches.ts";
import { raiseProgress, readProgress } from "./progress-records.ts";
import type { QdrantConfig } from "./qdrant-config.ts";
import { checkVersion } from "./server-version.ts";

/**
 * On two replicas writers were shown not to overtake each other, also when one is killed. Readers
 * were not: a manifest is missing, for who asks for what most replicas hold, for as long as a write
 * of it has reached one of two, and while a replica is away there is no answer at all.
 */
export const replicationMax = 1;
const collectionsAtOnceMax = 4;

export class QdrantPrimitives implements IndexPrimitives {
  readonly #connection: Connection;
  readonly #collections: Collections;
  readonly #config: QdrantConfig;

  private constructor(connection: Connection, config: QdrantConfig) {
    this.#connection = connection;
    this.#collections = new Collections(connection, config);
    this.#config = config;
  }

  /**
   * @param probeName of which no other process has a probe, such as a random one
   * @throws UnfitServerError when the server is too old or does not guard what is written
   */
  static async connect(config: QdrantConfig, probeName: string): Promise<QdrantPrimitives> {
    if (config.replication > replicationMax) {
      throw new ReplicationRefusedError(
        `replication ${config.replication} is refused, ${replicationMax} is the most: documents ` +
          "would be missing for readers while a write has reached some of the replicas",
      );
    }
    const connection = new Connection(config);
    try {
      checkVersion(await connection.version());
      const primitives = new QdrantPrimitives(connection, config);
      await primitives.#collections.ensureMeta();
      await probeGuard(primitives.#collections.meta, probeName);
      return primitives;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  ensureGeneration(generation: GenerationId, dimension: number): Promise<void> {
    return this.#collections.ensure(generation, dimension);
  }

  /** @throws AliasedGenerationError when searches are directed to it */
  dropGeneration(generation: GenerationId): Promise<void> {
    return this.#collections.drop(generation);
  }

  readManifests(generation: GenerationId, ids: readonly DocumentId[]) {
    return manifests.readManifests(this.#of(generation), generation, ids);
  }

  insertManifests(generation: GenerationId, inserted: readonly Manifest[]): Promise<void> {
    return manifests.insertManifests(this.#of(generation), generation, inserted);
  }

  updateManifests(generation: GenerationId, updates: readonly ManifestUpdate[]): Promise<void> {
    return manifests.updateManifests(this.#of(generation), generation, updates);
  }

  scrollManifests(generation: GenerationId, range: ManifestRange) {
    return manifests.scrollManifests(this.#of(generation), range);
  }

  scrollListed(generation: GenerationId, range: ManifestRange) {
    return manifests.scrollListed(this.#of(generation), range);
  }

  scrollKept(generation: GenerationId, range: ManifestRange): Promise<KeptPage> {
    return audit.scrollKept(this.#of(generation), generation, range);
  }

  readKept(generation: GenerationId, ids: readonly DocumentId[]) {
    return audit.readKept(this.#of(generation), generation, ids);
  }

  scrollPoints(generation: GenerationId, range: ManifestRange): Promise<KeptPointPage> {
    return audit.scrollPoints(this.#of(generation), range);
  }

  pointsWithin(generation: GenerationId, ids: readonly DocumentId[]) {
    return audit.pointsWithin(this.#of(generation), ids);
  }

  strayManifests(generation: GenerationId, ids: readonly DocumentId[]) {
    return audit.strayManifests(this.#of(generation), generation, ids);
  }

  deleteStrayManifests(generation: GenerationId, ids: readonly DocumentId[]) {
    return audit.deleteStrayManifests(this.#of(generation), generation, ids);
  }

  narrowsOf(manifest: Manifest): string {
    return audit.narrowsOfManifest(manifest);
  }

  countManifests(generation: GenerationId) {
    return manifests.countManifests(this.#of(generation));
  }

  countEmbedded(
    generation: GenerationId,
    source: SourceName,
    between: { readonly fromMs: number | null; readonly toMs: number | null },
  ): Promise<number> {
    return points.countEmbedded(this.#of(generation), source, between);
  }

  putPoints(generation: GenerationId, put: readonly PointRecord[]): Promise<void> {
    return points.putPoints(this.#of(generation), put);
  }

  copiesBehind(
    generation: GenerationId,
    documents: readonly { readonly documentId: DocumentId; readonly revision: Revision }[],
  ) {
    return points.copiesBehind(this.#of(generation), documents);
  }

  setCopies(generation: GenerationId, documents: readonly DocumentCopies[]): Promise<void> {
    return points.setCopies(this.#of(generation), documents);
  }

  deletePoints(generation: GenerationId, sweeps: readonly PointSweep[]): Promise<void> {
    return points.deletePoints(this.#of(generation), sweeps);
  }

  existing(generation: GenerationId, documentId: DocumentId, digests: readonly PointDigest[]) {
    return points.existing(this.#of(generation), documentId, digests);
  }

  vectorsByText(generation: GenerationId, tenant: string, textHashes: readonly string[]) {
    return points.vectorsByText(this.#of(generation), tenant, textHashes);
  }

  points(generation: GenerationId, ids: readonly PointId[]) {
    return points.storedPoints(this.#of(generation), ids);
  }

  pointsOf(generation: GenerationId, documentId: DocumentId) {
    return points.pointsOf(this.#of(generation), documentId);
  }

  searchPoints(generation: GenerationId, query: CandidateQuery) {
    return searchPoints(this.#of(generation), query, this.#config);
  }

  searchWithin(
    generation: GenerationId,
    vector: Float32Array,
    documents: readonly DocumentId[],
    limitPerDocument: number,
  ) {
    return searchWithin(this.#of(generation), vector, documents, limitPerDocument);
  }

  /** Notes each in its own collection, and has the alias point to the one that is active. */
  async noteGenerations(generations: readonly Generation[]): Promise<void> {
    for (const generation of generations) {
      await noteGeneration(this.#of(generation.id), generation);
    }
    const active = generations.find(({ state }) => state === "active");
    if (active) await this.activate(active.id);
  }

  async notedGenerations(): Promise<readonly Generation[]> {
    const ids = await this.#collections.generations();
    const noted = await mapBounded(ids, collectionsAtOnceMax, (id) =>
      unlessMissing(() => notedGeneration(this.#of(id), id), null),
    );
    return noted
      .filter((generation) => generation !== null)
      .sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  activate(generation: GenerationId): Promise<void> {
    return this.#collections.activate(generation);
  }

  /** Where the alias points. */
  activeGeneration(): Promise<GenerationId | null> {
    return this.#collections.active();
  }

  /**
   * None where the collection is gone. A generation's is made again by whoever knows that it is
   * still wanted.
   */
  async readProgress(topic: string, group: string): Promise<ReadonlyMap<number, number>> {
    const generation = generationOfGroup(group);
    return await unlessMissing(
      () => readProgress(this.#holding(generation), topic, group),
      new Map<number, number>(),
      async () => {
        if (generation === null) await this.#collections.ensureMeta();
      },
    );
  }

  async raiseProgress(progress: readonly Progress[]): Promise<void> {
    const byGeneration = Map.groupBy(progress, ({ group }) => generationOfGroup(group));
    for (const [generation, records] of byGeneration) {
      await raiseProgress(this.#holding(generation), records);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  #of(generation: GenerationId): Collection {
    return this.#collections.of(generation);
  }

  #holding(generation: GenerationId | null): Collection {
    return generation === null ? this.#collections.meta : this.#of(generation);
  }
}

/** What stands for the answer of a collection that is not there. */
async function unlessMissing<T>(
  ask: () => Promise<T>,
  absent: T,
  otherwise: () => Promise<void> = async () => {},
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof MissingCollectionError)) throw error;
    await otherwise();
    return absent;
  }
}
