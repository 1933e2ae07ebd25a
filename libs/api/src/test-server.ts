/** For tests: a server on memory, asked without a socket. */
import { createMetrics, silentLogger, type Logger } from "@tidemark/runtime";
import type { FastifyInstance } from "fastify";
import { hashKey, keyRecordSchema, type KeyRecord } from "./auth/key-record.ts";
import { createServer } from "./create-server.ts";
import { MemoryOperations } from "./memory-operations.ts";

export interface TestServer {
  readonly app: FastifyInstance;
  readonly operations: MemoryOperations;
  readonly metrics: ReturnType<typeof createMetrics>;
}

interface TestServerOptions {
  readonly keys?: readonly KeyRecord[];
  readonly logger?: Logger;
  readonly reasons?: Readonly<Record<string, string>>;
  readonly bodyBytesMax?: number;
}

export function aServer(options: TestServerOptions = {}): TestServer {
  const { keys = null, logger = silentLogger, reasons = {}, bodyBytesMax } = options;
  const operations = new MemoryOperations();
  const metrics = createMetrics({ processDefaults: false });
  const isReady = Object.keys(reasons).length === 0;
  const app = createServer({
    operations,
    logger,
    metrics,
    health: { live: { isLive: true, takeLagMs: () => 0 }, readiness: { isReady, reasons } },
    keys,
    options: { version: "0.0.0", ...(bodyBytesMax === undefined ? {} : { bodyBytesMax }) },
  });
  return { app, operations, metrics };
}

/** A key whose text is its name. */
export function aKey(name: string, record: Partial<Omit<KeyRecord, "name" | "hash">>): KeyRecord {
  const scopes = ["search", "write"];
  return keyRecordSchema.parse({ scopes, tenants: "*", ...record, name, hash: hashKey(name) });
}

export function bearing(name: string): { readonly authorization: string } {
  return { authorization: `Bearer ${name}` };
}
