/** Hands that reach into an index past everything that keeps it: one for each fault of an audit. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AuditFault, DocumentId, GenerationId } from "@tidemark/domain";
import { manifestRecordId } from "../../../libs/qdrant/src/record-id.ts";
import { ask, collectionNames } from "../../integration/support/qdrant-collections.ts";

/** What can be done to an index: one thing for each fault, and what some indexes alone can be given. */
export const damages = {
  missing: "missing",
  orphan: "orphan",
  stale: "stale",
  fingerprint: "fingerprint",
  permissions: "permissions",
  duplicate: "duplicate",
  /** Another record of a document's manifest. */
  "second-manifest": "duplicate",
  /** As an upserter leaves them that dies before its commit. */
  "stray-points": "orphan",
} as const satisfies Readonly<Record<string, AuditFault>>;

export type Damage = keyof typeof damages;
type Corrupt = (id: string) => Promise<void>;
export type Corruptions = Readonly<
  Record<AuditFault, Corrupt> & Partial<Record<Exclude<Damage, AuditFault>, Corrupt>>
>;
/** The first point of the one document gets the vector of the other's. */
export type SpoilVector = (id: string, of: string) => Promise<void>;

/** What a document of no source is called. */
export const ghostOf = (id: string) => `${id}.ghost`;

/** In the file of a process that goes on working on it. */
export function corruptSqlite(dataDirectory: string): Corruptions {
  const run = runIn(dataDirectory);
  const set = (path: string, value: string) => (id: string) =>
    run(`update document set manifest = json_set(manifest, '${path}', ${value}) where id = ?`, id);
  return {
    missing: (id) => run(`delete from point where point = (${firstPoint})`, id),
    orphan: (id) =>
      run(
        `insert into document select null, generation, ?1, 'ghost', source, standing, archived, failed,
           pending, observed_at, chunks, seen_epoch, seen_position, seen_at, deleted, source_digest,
           audience, changed, json_set(manifest, '$.documentId', ?1, '$.token', 'ghost'), live
         from document where id = ?2`,
        ghostOf(id),
        id,
      ),
    stale: set("$.indexed.contentHash", "'older'"),
    fingerprint: set("$.indexed.fingerprint", "'another'"),
    permissions: set("$.seen.policy.permissions", `json('{"kind":"public"}')`),
    async duplicate(id) {
      await run(
        `insert into vector (data) select data from vector where vector = (${firstPoint})`,
        id,
      );
      await run(
        `insert into point select (select max(vector) from vector), document, 'ffffffffffffffff',
           'ffffffff-ffff-8fff-8fff-ffffffffffff', epoch, position, text_hash, chunk_hash, tenant,
           embedded_at, heading, text from point where point = (${firstPoint})`,
        id,
      );
    },
  };
}

export function spoilVectorInSqlite(dataDirectory: string): SpoilVector {
  const run = runIn(dataDirectory);
  return (id, of) =>
    run(
      `update vector set data = (select data from vector where vector = (${firstPoint}))
       where vector = (${firstPoint})`,
      of,
      id,
    );
}

function runIn(dataDirectory: string): (sql: string, ...values: string[]) => Promise<void> {
  return async (sql: string, ...values: string[]) => {
    const database = new DatabaseSync(join(dataDirectory, "tidemark.db"), { timeout: 10_000 });
    try {
      const { changes } = database.prepare(sql).run(...values);
      if (Number(changes) !== 1) throw new Error(`${String(changes)} rows changed by ${sql}`);
    } finally {
      database.close();
    }
  };
}

const firstPoint = `
  select min(point) from point where document = (select document from document where id = ?)`;

interface StoredRecord {
  readonly id: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly vector: unknown;
}

/** Over HTTP, as whoever has the address can. */
export function corruptQdrant(url: string, prefix: string): Corruptions {
  const { collection, put, recordsOf } = recordsIn(url, prefix);
  const edit = (change: (manifest: EditedManifest) => void) => async (id: string) => {
    const [record] = await recordsOf("manifest", id);
    const manifest = JSON.parse(String(record?.payload["manifest"])) as EditedManifest;
    change(manifest);
    if (record) {
      const payload = { ...record.payload, manifest: JSON.stringify(manifest) };
      await put({ ...record, vector: {}, payload });
    }
  };
  return {
    async missing(id) {
      const [point] = await recordsOf("point", id);
      const name = await collection();
      await ask(url, "POST", `/collections/${name}/points/delete?wait=true`, {
        points: [point?.id],
      });
    },
    async orphan(id) {
      const [record] = await recordsOf("manifest", id);
      const ghost = ghostOf(id);
      const manifest = JSON.parse(String(record?.payload["manifest"])) as EditedManifest;
      const payload = {
        ...record?.payload,
        document: ghost,
        manifest: JSON.stringify({ ...manifest, documentId: ghost }),
      };
      const ghostId = manifestRecordId("g1" as GenerationId, ghost as DocumentId);
      await put({ id: ghostId, payload, vector: {} });
    },
    stale: edit((manifest) => {
      manifest.indexed.contentHash = "older";
    }),
    fingerprint: edit((manifest) => {
      manifest.indexed.fingerprint = "another";
    }),
    permissions: edit((manifest) => {
      manifest.seen.policy.permissions = { kind: "public" };
    }),
    async duplicate(id) {
      const [point] = await recordsOf("point", id);
      if (point) await put({ ...point, id: randomUUID() });
    },
    async "second-manifest"(id) {
      const [record] = await recordsOf("manifest", id);
      if (record) await put({ ...record, id: randomUUID(), vector: {} });
    },
    async "stray-points"(id) {
      const [point] = await recordsOf("point", id);
      const payload = { ...point?.payload, document: ghostOf(id) };
      for (let points = 0; points < 15; points += 1) {
        if (point) await put({ ...point, id: randomUUID(), payload });
      }
    },
  };
}

interface EditedManifest {
  readonly seen: { readonly policy: { permissions: unknown } };
  readonly indexed: { contentHash: string; fingerprint: string };
}

export function spoilVectorInQdrant(url: string, prefix: string): SpoilVector {
  const { put, recordsOf } = recordsIn(url, prefix);
  return async (id, of) => {
    const [point] = await recordsOf("point", id);
    const [other] = await recordsOf("point", of);
    if (point && other) await put({ ...point, vector: other.vector });
  };
}

function recordsIn(url: string, prefix: string) {
  const collection = async () => {
    const names = await collectionNames(url, prefix);
    const name = names.find((each) => each.endsWith("g1"));
    if (!name) throw new Error(`no generation among ${names.join(", ")}`);
    return name;
  };
  const recordsOf = async (kind: string, id: string): Promise<readonly StoredRecord[]> => {
    const { points } = (await ask(url, "POST", `/collections/${await collection()}/points/scroll`, {
      filter: {
        must: [
          { key: "kind", match: { value: kind } },
          { key: "document", match: { value: id } },
        ],
      },
      with_payload: true,
      with_vector: true,
      limit: 100,
    })) as { readonly points: readonly StoredRecord[] };
    if (points.length === 0) throw new Error(`no ${kind} of ${id}`);
    return points;
  };
  const put = async (record: StoredRecord) => {
    await ask(url, "PUT", `/collections/${await collection()}/points?wait=true`, {
      points: [record],
    });
  };
  return { collection, put, recordsOf };
}
