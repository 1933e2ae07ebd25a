/** What comes before a search of the index: whom and what it is about, and the question's vector. */
import {
  normalizeString,
  type Generation,
  type GenerationState,
  type Normalization,
  type SourceName,
} from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import { RequestError, type AwaitedWrite, type SearchRequest } from "../operations.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import type { IndexSearch } from "../query/search.ts";
import { refuseBadVector } from "../stages/vectors-for.ts";
import { awaitWrites } from "./await-writes.ts";
import type { Catalogue } from "./catalogue.ts";
import { payerOf, searchesPayer } from "./costs/bill.ts";
import type { GenerationLine } from "./generation-line.ts";
import type { Generations } from "./generations.ts";
import type { LateRestrictions } from "./late-restrictions.ts";
import { refuseUndeclared, sourceNamed, sourcesInScope } from "./search-scope.ts";
import type { ServedSource } from "./served-source.ts";

export interface SearchAround {
  readonly index: VectorIndex;
  readonly catalogue: Catalogue;
  readonly generations: Generations;
  readonly clock: Clock;
  readonly sources: ReadonlyMap<SourceName, ServedSource>;
  readonly tenantsRequired: boolean;
  readonly restrictions: LateRestrictions;
}

export interface PreparedSearch {
  readonly search: IndexSearch;
  readonly line: GenerationLine;
  readonly scope: readonly ServedSource[];
  readonly after: readonly AwaitedWrite[];
  readonly embedMs: number;
  /** @throws RequestError where a source fails closed */
  readonly restrictionsLate: (nowMs: number) => readonly SourceName[];
}

const buildingStates: ReadonlySet<GenerationState> = new Set(["building", "validating"]);

/** @throws RequestError for what cannot be searched so */
export async function prepareSearch(
  around: SearchAround,
  request: SearchRequest,
): Promise<PreparedSearch> {
  const { clock, index, restrictions, sources } = around;
  for (const name of request.sources ?? []) sourceNamed(sources, name);
  const scope = sourcesInScope(request, sources);
  refuseUndeclared(request, scope, around);
  const generation = generationToAsk(around, request);
  const line = lineOf(around, generation);
  const restrictionsLate = (nowMs: number) =>
    restrictions.sources(scope, (name) => line.restrictedUpToMs(name), nowMs);
  restrictionsLate(clock.nowMs());
  const after = await awaitWrites(index, generation.id, request.after, {
    waitMs: request.waitMs,
    clock,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const beganAtMs = clock.nowMs();
  const vector = await vectorOf(request, { embedder: line.embedder, generation });
  return {
    line,
    scope,
    after,
    embedMs: clock.nowMs() - beganAtMs,
    restrictionsLate,
    search: {
      generation,
      vector,
      limit: request.limit,
      per: request.per,
      filter: request.filter,
      // Documents of a source that is not configured any more are nobody's to keep fresh.
      sources: scope.map(({ name }) => name),
      asker: { tenant: request.tenant, principals: request.principals ?? [] },
      tenants: request.tenant === null ? [] : [request.tenant],
      preferCurrent: request.preferCurrent,
      ...(request.exact ? { exact: true } : {}),
    },
  };
}

function generationToAsk(
  { catalogue, generations }: SearchAround,
  request: SearchRequest,
): Generation {
  const generation = request.generation
    ? catalogue.generation(request.generation)
    : generations.active;
  if (!generation) {
    throw new RequestError(404, "unknown-generation", `no generation ${request.generation}`);
  }
  if (buildingStates.has(generation.state)) {
    // It has not passed all restrictions yet, and may show what was hidden since.
    throw new RequestError(
      409,
      "generation-building",
      `generation ${generation.id} is ${generation.state}: it answers once it is complete`,
    );
  }
  return generation;
}

function lineOf({ generations }: SearchAround, { id }: Generation): GenerationLine {
  const line = generations.line(id);
  if (line) return line;
  const reason = generations.unavailable(id) ?? "it is retired";
  throw new RequestError(
    503,
    "generation-unavailable",
    `generation ${id} cannot be queried: ${reason}`,
  );
}

async function vectorOf(
  request: SearchRequest,
  { embedder, generation }: { readonly embedder: Embedder; readonly generation: Generation },
): Promise<Float32Array> {
  const { normalizer, space } = generation.recipe;
  const { vectors } = await embedder.embed({
    texts: [normalizeString(request.query, normalizer.form as Normalization)],
    purpose: "query",
    lane: "query",
    payers: [payerOf(searchesPayer, generation.id)],
    trace: request.trace ?? null,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const [vector] = vectors;
  if (!vector) throw new TransientError("the embedder left out the query's vector");
  refuseBadVector(vector, space.dimension);
  return vector;
}
