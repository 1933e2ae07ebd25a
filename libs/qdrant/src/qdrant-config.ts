/** Where Qdrant is and how its collections are made. */
export interface QdrantConfig {
  /** `http://` or `https://`; without a port 6333. */
  readonly url: string;
  readonly apiKey: string | null;
  /** Certificates in PEM that are trusted beside the system's; null for those alone. */
  readonly ca: string | null;
  /** Collections and the alias are named with it: deployments that share a server differ in it. */
  readonly prefix: string;
  /** Replicas of each shard. */
  readonly replication: number;
  readonly timeoutMs: number;
  /** Vectors are searched as bytes and the best are compared in full. */
  readonly quantization: "none" | "int8";
  /** Vectors and their graph are read from disk: slower, and far less memory. */
  readonly onDisk: boolean;
  /** How many neighbours a search keeps in view: more finds more and takes longer. */
  readonly searchBreadth: number;
}

export const qdrantDefaults: Omit<QdrantConfig, "url"> = {
  apiKey: null,
  ca: null,
  prefix: "tidemark_",
  replication: 1,
  timeoutMs: 30_000,
  quantization: "none",
  onDisk: false,
  searchBreadth: 128,
};
