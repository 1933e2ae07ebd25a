export {
  AliasedGenerationError,
  MissingCollectionError,
  OtherCollectionError,
  RefusedRequestError,
  ReplicationRefusedError,
  UnfitServerError,
} from "./errors.ts";
export { openQdrantIndex, openQdrantPrimitives, type QdrantOptions } from "./open-qdrant-index.ts";
export { qdrantDefaults, type QdrantConfig } from "./qdrant-config.ts";
export { QdrantPrimitives, replicationMax } from "./qdrant-primitives.ts";
