/**
 * What of a record's payload can be asked for. Filters name these fields and no others, so that
 * none is ever answered by looking at every payload; strict mode holds the server to it.
 */
interface PayloadIndex {
  readonly type: "keyword" | "integer" | "float" | "bool";
  /** Whether the vector graph gets links of its own for the field: for what narrows searches. */
  readonly enable_hnsw: boolean;
  /** Integers: equal to a value; needed for nothing that is compared. */
  readonly lookup?: boolean;
  readonly range?: boolean;
}

const keyword = { type: "keyword", enable_hnsw: false } as const satisfies PayloadIndex;
const number = {
  type: "integer",
  lookup: false,
  range: true,
  enable_hnsw: false,
} as const satisfies PayloadIndex;
const narrowing = { type: "keyword", enable_hnsw: true } as const satisfies PayloadIndex;

export const payloadIndexes = {
  kind: keyword,
  document: keyword,
  source: narrowing,
  // Points: the revision that wrote them, and what equal text is found by.
  epoch: number,
  position: number,
  tenant: keyword,
  textHash: keyword,
  embeddedAtMs: { type: "float", enable_hnsw: false },
  // Points: copies of their document's policy and metadata.
  copied: { type: "bool", enable_hnsw: false },
  copyEpoch: number,
  copyPosition: number,
  copyTenant: narrowing,
  copyReaders: narrowing,
  copyFacts: narrowing,
  "copyRanges[].field": narrowing,
  "copyRanges[].at": { type: "float", enable_hnsw: false },
  // Manifests.
  tally: keyword,
  pendingSinceMs: number,
  // Progress records.
  group: keyword,
} as const satisfies Readonly<Record<string, PayloadIndex>>;

export type PayloadKey = keyof typeof payloadIndexes;
/** What a write may ask of the very records that it names, besides. */
export type GuardKey = PayloadKey | "offset" | "token";

/** Those of a collection that holds neither points nor manifests. */
export const metaKeys = ["kind", "group"] as const satisfies PayloadKey[];
