/** How brokers are reached: what the config says of Kafka, with files and secrets read. */
import type { PipelineLogger } from "@tidemark/pipeline";

export interface KafkaConnectionOptions {
  /** Each `host:port`; any that answers tells the others. */
  readonly brokers: readonly string[];
  /** The texts of certificates and key; `{}` trusts the system's. Absent: not encrypted. */
  readonly tls?: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
  };
  readonly sasl?: {
    readonly mechanism: "scram-sha-512" | "scram-sha-256" | "plain";
    readonly username: string;
    readonly password: string;
  };
  readonly clientId: string;
  readonly logger: PipelineLogger;
}

/** Of one request, on a broker that does not answer. */
export const requestTimeoutMs = 10_000;
export const connectTimeoutMs = 5_000;
