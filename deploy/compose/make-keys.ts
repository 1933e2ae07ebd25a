/**
 * The keys of a development set-up, made by chance at its first start: no two have the same, and
 * none is in the repository. What is there already stays.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKey, hashKey, keyRecordSchema } from "@tidemark/api";

/** Directories; the first is shared by every service, the second mounted by the init job alone. */
export interface KeyPlaces {
  readonly shared: string;
  readonly operator: string;
}

export function keyFiles({ shared, operator }: KeyPlaces) {
  return {
    /** Records with hashes, for `server.keys`. */
    records: join(shared, "keys"),
    /** A key that reads metrics and finds nothing. */
    metrics: join(shared, "metrics"),
    /** A key that searches as the reader of probes. */
    probe: join(shared, "probe"),
    qdrant: join(shared, "qdrant"),
    operator: join(operator, "key"),
  };
}

/** Whether keys were made: not when all are there. */
export async function makeKeys(places: KeyPlaces): Promise<boolean> {
  const files = keyFiles(places);
  if (Object.values(files).every((file) => existsSync(file))) return false;
  const operator = createKey();
  const metrics = createKey();
  const probe = createKey();
  const probes = { tenants: ["tidemark:probe"], principals: ["tidemark:probe"] };
  const nothing = { tenants: ["none"], principals: ["nobody"], sources: ["none"] };
  const records = [
    { name: "operator", hash: hashKey(operator), scopes: ["admin"], tenants: "*" },
    { name: "prometheus", hash: hashKey(metrics), scopes: ["search"], ...nothing },
    { name: "probe", hash: hashKey(probe), scopes: ["search"], ...probes },
  ].map((record) => keyRecordSchema.parse(record));
  await write(files.operator, operator);
  await write(files.metrics, metrics);
  await write(files.probe, probe);
  await write(files.qdrant, randomBytes(32).toString("base64url"));
  // Last: while one is missing, all are made again.
  await write(files.records, records.map((record) => JSON.stringify(record)).join("\n"));
  return true;
}

/** Whole or not at all, readable by the other containers' users. */
async function write(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o444 });
  await rename(`${file}.new`, file);
}
