/** An index of documents in all their states, searched and asked why it lacks one. */
import {
  fingerprintOf,
  sourceName,
  type Asker,
  type DocumentId,
  type Generation,
  type GenerationId,
  type GenerationState,
  type Manifest,
  type Metadata,
  type PointDigest,
  type PointId,
  type Policy,
} from "@tidemark/domain";
import {
  TidemarkService,
  type DocumentHistory,
  type DocumentSource,
  type LogRecord,
  type SearchRequest,
  type SearchWhyReport,
  type SearchWhyRequest,
  type ServiceOptions,
  type SourcePending,
  type Troubles,
  type VectorIndex,
} from "@tidemark/pipeline";
import {
  aGeneration,
  aManifest,
  anId,
  aPolicy,
  aRecipe,
  aRevision,
  digestsOf,
  somePoints,
} from "./builders.ts";
import { IndexStore } from "./index-store.ts";
import { MemoryEmbedder } from "./memory-embedder.ts";
import { MemoryEventLog } from "./memory-event-log.ts";
import { MemoryVectorIndex } from "./memory-vector-index.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface WorldDocument {
  readonly id: DocumentId;
  readonly texts: readonly string[];
  readonly policy: Policy;
  /** Of the content that is live; the newest one when absent. */
  readonly contentPolicy?: Policy;
  readonly metadata: Metadata;
  readonly state: "absent" | "archived" | "deleted" | "empty" | "failed" | "searchable" | "waiting";
  /** A newer revision is known than the one whose content is live. */
  readonly isStale: boolean;
  readonly arePointsLost: boolean;
  /** What its points carry keeps every asker out. */
  readonly areCopiesBehind: boolean;
  /** An approximate search never returns it. */
  readonly isOverlooked: boolean;
}

export const seenRevision = 3;
const olderRevision = 2;
const nobodys: Policy = { tenant: "nobody", permissions: { kind: "only", principals: [] } };

export function aWorldDocument(parts: Partial<WorldDocument> & { id: DocumentId }): WorldDocument {
  return {
    texts: [askedText],
    policy: aPolicy(),
    metadata: {},
    state: "searchable",
    isStale: false,
    arePointsLost: false,
    areCopiesBehind: false,
    isOverlooked: false,
    ...parts,
  };
}

/** The text that a question of these worlds is about. */
export const askedText = "the tide comes in";
export const wantedId = anId("wanted.md");

/** The wanted document, as it is stated, among others. */
export function worldOfWanted(
  document: Partial<WorldDocument>,
  ...others: readonly WorldDocument[]
): SearchedWorld {
  return new SearchedWorld([aWorldDocument({ id: wantedId, ...document }), ...others]);
}

/** Documents that answer the question better. */
export function betterDocuments(
  count: number,
  parts: Partial<WorldDocument> = {},
): WorldDocument[] {
  return Array.from({ length: count }, (_, at) =>
    aWorldDocument({ id: anId(`better-${at}.md`), texts: [`${askedText} now`], ...parts }),
  );
}

export class SearchedWorld {
  readonly log = new MemoryEventLog();
  readonly index: VectorIndex;
  readonly sources = new Map<string, object>();
  /** What a source says of its documents; unknown where it cannot be asked. */
  from: DocumentSource | null = null;
  told: SourcePending | null = null;
  troubles: Troubles = {};
  readonly others: Generation[] = [];
  readonly #store = new IndexStore();
  readonly #overlooked = new Set<DocumentId>();
  readonly #service: TidemarkService;

  constructor(documents: readonly WorldDocument[] = []) {
    const clock = new VirtualClock();
    const embedder = new MemoryEmbedder();
    this.#store.ensure(aGeneration, embedder.space.dimension);
    this.index = overlooking(new MemoryVectorIndex(this.#store), this.#overlooked);
    for (const document of documents) this.write(document);
    for (const name of ["files", "wiki"]) this.serve(name);
    const active = aGenerationIn("active", aGeneration);
    const { index, log } = this;
    const options = {
      index,
      clock,
      log,
      history: historyOf(log),
      catalogue: {
        generation: (id: GenerationId) =>
          [active, ...this.others].find((each) => each.id === id) ?? null,
        generations: this.others,
      },
      generations: {
        active,
        lines: [],
        line: () => ({ embedder, completeUpToMs: () => null, restrictedUpToMs: () => null }),
      },
      freshness: { source: () => this.told },
      troubles: () => this.troubles,
      sources: this.sources,
      restrictions: { sources: () => [] },
      observeSearch: () => {},
    };
    this.#service = new TidemarkService(options as unknown as ServiceOptions);
  }

  serve(name: string): void {
    const served = { name: sourceName(name), kind: "folder", line: null, from: this.from };
    this.sources.set(name, { ...served, observedUpToMs: () => null });
  }

  /** In place of what is there. */
  write(document: WorldDocument, generation = aGeneration): void {
    const { id, isOverlooked, policy, state, texts } = document;
    const store = this.#store.of(generation);
    for (const point of store.pointsOf(id)) store.losePoint(point.id);
    store.manifests.delete(id);
    this.#overlooked.delete(id);
    if (isOverlooked) this.#overlooked.add(id);
    if (state === "absent") return;
    const hasPoints = state === "searchable" || state === "archived";
    const points = hasPoints
      ? somePoints(texts, { documentId: id, tenant: policy.tenant, generation })
      : [];
    store.manifests.set(id, manifestOf(document, digestsOf(points)));
    const { areCopiesBehind, arePointsLost, metadata } = document;
    const copies = areCopiesBehind ? { policy: nobodys, metadata } : { policy, metadata };
    const copiesRevision = aRevision(areCopiesBehind ? olderRevision : seenRevision);
    if (arePointsLost) return;
    for (const point of points) store.put({ ...point, copies, copiesRevision });
  }

  /** One that a manifest lists. */
  lose(id: PointId): void {
    this.#store.of(aGeneration).losePoint(id);
  }

  /** Makes room for another generation beside the one that is searched. */
  add(id: GenerationId, state: GenerationState): void {
    this.#store.ensure(id, aRecipe.space.dimension);
    this.others.push(aGenerationIn(state, id));
  }

  async found(request: SearchRequest): Promise<readonly DocumentId[]> {
    return (await this.#service.search(request)).results.map(({ documentId }) => documentId);
  }

  why(
    search: SearchRequest,
    expected: DocumentId,
    audience: SearchWhyRequest["audience"] = "everything",
  ): Promise<SearchWhyReport> {
    return this.#service.whySearch({ search, expected, audience });
  }
}

export function aQuestion(parts: Partial<SearchRequest> & { asker?: Asker } = {}): SearchRequest {
  const { asker, ...rest } = parts;
  return {
    query: "the tide comes in",
    limit: 10,
    per: "document",
    filter: {},
    sources: null,
    tenant: asker?.tenant ?? null,
    principals: asker?.principals ?? null,
    after: [],
    waitMs: 0,
    generation: null,
    preferCurrent: 0,
    ...rest,
  };
}

function aGenerationIn(state: GenerationState, id: GenerationId): Generation {
  return {
    id,
    state,
    fingerprint: fingerprintOf(aRecipe),
    recipe: { ...aRecipe, normalizer: { ...aRecipe.normalizer, form: "nfc" } },
    createdAtMs: 0,
    activatedAtMs: 0,
    retiringSinceMs: null,
  };
}

function manifestOf(document: WorldDocument, live: readonly PointDigest[]): Manifest {
  const { areCopiesBehind, contentPolicy, id, isStale, metadata, policy, state } = document;
  const isDeleted = state === "deleted";
  const unread: Policy = { ...policy, permissions: { kind: "unknown" } };
  const hasContent = state !== "waiting" && state !== "failed";
  const manifest = aManifest({
    documentId: id,
    revision: seenRevision,
    policy: isDeleted ? unread : policy,
    metadata,
    seen: { deleted: isDeleted, archived: state === "archived" },
    indexed: hasContent
      ? {
          live,
          contentHash: isDeleted ? "" : "content",
          policy: isDeleted ? unread : (contentPolicy ?? policy),
          revision: aRevision(isStale ? olderRevision : seenRevision),
        }
      : null,
    failure:
      state === "failed"
        ? { revision: aRevision(seenRevision), reason: "size-limit", message: "too large", atMs: 0 }
        : null,
  });
  return areCopiesBehind ? { ...manifest, copied: aRevision(olderRevision) } : manifest;
}

function overlooking(index: VectorIndex, overlooked: ReadonlySet<DocumentId>): VectorIndex {
  return new Proxy(index, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "search") return typeof value === "function" ? value.bind(target) : value;
      const search: VectorIndex["search"] = (generation, query) => {
        const excluded = query.exact ? query.excluded : [...query.excluded, ...overlooked];
        return target.search(generation, { ...query, excluded });
      };
      return search;
    },
  });
}

/** The newest first, as the log of a document has them. */
export function historyOf(log: MemoryEventLog): DocumentHistory {
  return {
    async recordsOf(topic, id, recordsMax) {
      const found: LogRecord[] = [];
      for (const { begin, end, partition } of await log.ranges(topic)) {
        const range = { from: begin, to: end, recordsMax: 1_000 };
        found.push(...(await log.read(topic, partition, range)));
      }
      const newest = found.toReversed().filter(({ key }) => key?.split("#")[0] === id);
      return newest.slice(0, recordsMax);
    },
  };
}
