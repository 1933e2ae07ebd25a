import { PrimitiveIndex } from "@tidemark/pipeline";
import { randomUUID } from "node:crypto";
import { qdrantDefaults, type QdrantConfig } from "./qdrant-config.ts";
import { QdrantPrimitives } from "./qdrant-primitives.ts";

export type QdrantOptions = Pick<QdrantConfig, "url"> & Partial<QdrantConfig>;

/**
 * The vector index on a Qdrant server, which is looked at first: its version, and whether it guards
 * what is written on a condition.
 */
export async function openQdrantIndex(options: QdrantOptions): Promise<PrimitiveIndex> {
  return new PrimitiveIndex(await openQdrantPrimitives(options));
}

/** The same without the commit protocol: for who asks where the alias points. */
export function openQdrantPrimitives(options: QdrantOptions): Promise<QdrantPrimitives> {
  return QdrantPrimitives.connect({ ...qdrantDefaults, ...options }, randomUUID());
}
