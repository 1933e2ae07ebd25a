/**
 * The part of Qdrant's interface that is used, with bodies that are exact. Qdrant answers a field
 * that it does not know with 200 and ignores it, a misspelt condition too, and the client's own
 * types let any field pass: so requests are put together against these and nowhere else.
 */
import type { Guard, RecordFilter } from "./record-filter.ts";

export type Payload = Readonly<Record<string, unknown>>;

export interface Answer<R> {
  readonly data: { readonly result?: R };
}

/** What is given beside the body. */
export type Init = RequestInit;

type Request<Body, R> = (
  body: { readonly collection_name: string } & Body,
  init: Init,
) => Promise<Answer<R>>;
type Unaddressed<Body, R> = (body: Body, init: Init) => Promise<Answer<R>>;

/** Durable and applied when it is answered, and in one order on all replicas. */
export interface Written {
  readonly wait: true;
  readonly ordering: "strong";
}

export type UpdateMode = "upsert" | "insert_only" | "update_only";

export interface NewRecord {
  readonly id: string;
  /** None of the collection's vectors: then no search finds it. */
  readonly vector: Readonly<Record<string, readonly number[]>>;
  readonly payload: Payload;
}

export interface UpsertBody {
  readonly points: readonly NewRecord[];
  readonly update_mode: UpdateMode;
  /** Only records that exist are asked. */
  readonly update_filter?: Guard;
}

export interface SetPayload {
  readonly payload: Payload;
  readonly filter: RecordFilter;
}

export type PayloadSelector = boolean | readonly string[];
export type Consistency = "majority";

export interface ReadRecord {
  readonly id: string;
  readonly payload?: Payload | null;
  readonly vector?: Readonly<Record<string, readonly number[]>> | null;
}

interface Shown {
  readonly with_payload: PayloadSelector;
  readonly with_vector: boolean;
}

export interface ScrollBody extends Shown {
  readonly filter: RecordFilter;
  readonly limit: number;
  readonly offset?: string;
  readonly order_by?: { readonly key: string; readonly direction: "asc" };
  readonly consistency?: Consistency;
}

export interface SearchParams {
  readonly hnsw_ef?: number;
  readonly exact?: boolean;
  readonly quantization?: { readonly rescore: true; readonly oversampling: number };
}

export interface QueryBody extends Shown {
  readonly query: readonly number[];
  readonly using: string;
  readonly filter: RecordFilter;
  readonly params: SearchParams;
  readonly limit: number;
}

export interface ScoredRecord extends ReadRecord {
  readonly score: number;
}

export interface FacetBody {
  readonly key: string;
  readonly filter: RecordFilter;
  readonly limit: number;
  readonly exact: true;
}

export interface CountBody {
  readonly filter: RecordFilter;
  readonly exact: true;
}

export interface FacetHit {
  readonly value: string | number | boolean;
  readonly count: number;
}

export interface VectorSettings {
  readonly size: number;
  readonly distance: "Cosine";
  readonly on_disk: boolean;
}

export interface CreateCollectionBody {
  readonly vectors: Readonly<Record<string, VectorSettings>>;
  readonly on_disk_payload: boolean;
  readonly hnsw_config?: { readonly full_scan_threshold: number; readonly on_disk: boolean };
  readonly quantization_config?: {
    readonly scalar: {
      readonly type: "int8";
      readonly quantile: number;
      readonly always_ram: boolean;
    };
  };
  readonly replication_factor: number;
  readonly strict_mode_config: {
    readonly enabled: true;
    readonly unindexed_filtering_retrieve: false;
    readonly unindexed_filtering_update: false;
  };
}

export interface CollectionInfo {
  readonly config: { readonly params: { readonly vectors?: unknown } };
  readonly payload_schema: Readonly<Record<string, { readonly data_type: string }>>;
}

export type FieldSchema = Readonly<Record<string, string | boolean>>;

export interface Alias {
  readonly alias_name: string;
  readonly collection_name: string;
}

export interface ExactApi {
  readonly root: (
    body: Record<string, never>,
    init: Init,
  ) => Promise<{ readonly data: { readonly version?: string } }>;

  readonly upsertPoints: Request<Written & UpsertBody, unknown>;
  /** In order, each by itself: what fails ends it, and what came before stays. */
  readonly batchUpdate: Request<
    Written & { readonly operations: readonly { readonly set_payload: SetPayload }[] },
    unknown
  >;
  readonly deletePoints: Request<Written & { readonly filter: RecordFilter }, unknown>;

  readonly getPoints: Request<
    { readonly ids: readonly string[]; readonly consistency?: Consistency } & Shown,
    readonly ReadRecord[]
  >;
  readonly scrollPoints: Request<
    ScrollBody,
    { readonly points: readonly ReadRecord[]; readonly next_page_offset?: string | null }
  >;
  readonly queryPoints: Request<QueryBody, { readonly points: readonly ScoredRecord[] }>;
  readonly queryBatchPoints: Request<
    { readonly searches: readonly QueryBody[] },
    readonly { readonly points: readonly ScoredRecord[] }[]
  >;
  readonly countPoints: Request<CountBody, { readonly count: number }>;
  readonly facet: Request<FacetBody, { readonly hits: readonly FacetHit[] }>;

  readonly collectionExists: Request<unknown, { readonly exists: boolean }>;
  readonly getCollection: Request<unknown, CollectionInfo>;
  readonly createCollection: Request<CreateCollectionBody, boolean>;
  readonly deleteCollection: Request<unknown, boolean>;
  readonly createFieldIndex: Request<
    Written & { readonly field_name: string; readonly field_schema: FieldSchema },
    unknown
  >;
  readonly getCollections: Unaddressed<
    Record<string, never>,
    { readonly collections: readonly { readonly name: string }[] }
  >;
  readonly getCollectionsAliases: Unaddressed<
    Record<string, never>,
    { readonly aliases: readonly Alias[] }
  >;
  /** One action: deleting an alias before creating it loses it when the second fails. */
  readonly updateAliases: Unaddressed<
    { readonly actions: readonly [{ readonly create_alias: Alias }] },
    boolean
  >;
}
