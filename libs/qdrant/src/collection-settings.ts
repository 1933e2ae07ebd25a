/** How a generation's collection is made, and whether one that is there was made so. */
import type { CollectionInfo, CreateCollectionBody } from "./exact-api.ts";
import { OtherCollectionError } from "./errors.ts";
import { vectorName } from "./point-payload.ts";
import type { QdrantConfig } from "./qdrant-config.ts";

export type CollectionConfig = Pick<QdrantConfig, "onDisk" | "quantization" | "replication">;

/**
 * So many candidates are compared one by one instead of through the graph: where rights are narrow
 * the graph loses some, and this many take a few milliseconds.
 */
const comparedInFullMax = 20_000;
const bytesPerNumber = 4;
const quantile = 0.99;

/** A filter on what has no index is refused, so that it is noticed. */
const strict = {
  enabled: true,
  unindexed_filtering_retrieve: false,
  unindexed_filtering_update: false,
} as const;

export function generationSettings(
  dimension: number,
  { onDisk, quantization, replication }: CollectionConfig,
): CreateCollectionBody {
  const bytes = comparedInFullMax * dimension * bytesPerNumber;
  return {
    vectors: { [vectorName]: { size: dimension, distance: "Cosine", on_disk: onDisk } },
    on_disk_payload: true,
    hnsw_config: { full_scan_threshold: Math.ceil(bytes / 1024), on_disk: onDisk },
    ...(quantization === "int8"
      ? { quantization_config: { scalar: { type: "int8", quantile, always_ram: true } } }
      : {}),
    replication_factor: replication,
    strict_mode_config: strict,
  };
}

/** Of records that have no vectors at all. */
export function metaSettings({ replication }: CollectionConfig): CreateCollectionBody {
  return {
    vectors: {},
    on_disk_payload: true,
    replication_factor: replication,
    strict_mode_config: strict,
  };
}

/** @throws OtherCollectionError when vectors of this width are not what it holds */
export function checkCollection(name: string, info: CollectionInfo, dimension: number): void {
  const vectors = info.config.params.vectors as
    | Readonly<Record<string, { readonly size?: number; readonly distance?: string }>>
    | undefined;
  const found = vectors?.[vectorName];
  if (!found) throw new OtherCollectionError(`${name} is there without a vector "${vectorName}"`);
  if (found.size !== dimension) {
    throw new OtherCollectionError(`${name} is ${found.size} wide, not ${dimension}`);
  }
  if (found.distance !== "Cosine") {
    throw new OtherCollectionError(`${name} compares by ${found.distance}, not by cosine`);
  }
}
