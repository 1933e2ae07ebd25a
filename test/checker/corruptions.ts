/** One thing of each kind made wrong in a data directory, for the test that the checker finds it. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { DifferenceKind } from "./difference.ts";

export interface Corruption {
  readonly what: string;
  readonly finds: DifferenceKind | "leftover" | "stray vector";
  readonly corrupt: (database: DatabaseSync, id: string) => void;
}

interface EditableManifest {
  seen: {
    deleted: boolean;
    archived: boolean;
    policy: { tenant: string; permissions: unknown };
    metadata: object;
    contentHash: string | null;
    revision: { epoch: number; position: number };
  };
  indexed: { policy: { tenant: string; permissions: unknown }; title: string | null };
}

const digestBytes = 8;

export const corruptions: readonly Corruption[] = [
  {
    what: "a document that was never seen",
    finds: "missing",
    corrupt: (database, id) =>
      void database.prepare("update document set token = null where id = ?").run(id),
  },
  {
    what: "a document of no source",
    finds: "unexpected",
    corrupt: (database, id) =>
      void database.prepare("update document set id = id || '.copy' where id = ?").run(id),
  },
  {
    what: "a deleted document with live chunks",
    finds: "unexpected",
    corrupt: edit((manifest) => {
      manifest.seen.deleted = true;
    }),
  },
  {
    what: "a document that was forgotten half way",
    finds: "missing",
    corrupt: edit((manifest) => {
      manifest.seen.revision.position += 1;
    }),
  },
  {
    what: "two chunks in the wrong order",
    finds: "chunks",
    corrupt: (database, id) => {
      const live = liveOf(database, id);
      const [first, second] = [live.subarray(0, digestBytes), live.subarray(digestBytes, 16)];
      setLive(database, id, Buffer.concat([second, first, live.subarray(16)]));
    },
  },
  {
    what: "a chunk that is not listed",
    finds: "chunks",
    corrupt: (database, id) =>
      setLive(database, id, liveOf(database, id).subarray(0, -digestBytes)),
  },
  { what: "another text", finds: "text", corrupt: onFirstPoint("text = text || ' More.'") },
  { what: "another heading", finds: "heading", corrupt: onFirstPoint(`heading = '["Wrong"]'`) },
  {
    what: "a chunk that is not stored",
    finds: "point",
    corrupt: (database, id) =>
      void database.prepare(`delete from point where point = (${firstPoint})`).run(id),
  },
  {
    what: "a vector that is slightly off",
    finds: "vector",
    corrupt: (database, id) => {
      const row = database
        .prepare(`select vector, data from vector where vector = (${firstPoint})`)
        .get(id);
      const numbers = new Float32Array(Uint8Array.from(bytesOf(row?.["data"])).buffer);
      numbers[0] = (numbers[0] ?? 0) + 0.01;
      const update = database.prepare("update vector set data = ? where vector = ?");
      update.run(new Uint8Array(numbers.buffer), Number(row?.["vector"]));
    },
  },
  {
    what: "permissions that are wider",
    finds: "permissions",
    corrupt: edit((manifest) => {
      manifest.seen.policy.permissions = { kind: "public" };
    }),
  },
  {
    what: "permissions of the content that are wider",
    finds: "permissions",
    corrupt: edit((manifest) => {
      manifest.indexed.policy.permissions = { kind: "public" };
    }),
  },
  {
    what: "another tenant",
    finds: "tenant",
    corrupt: edit((manifest) => {
      manifest.seen.policy.tenant = "somebody";
    }),
  },
  {
    what: "other metadata",
    finds: "metadata",
    corrupt: edit((manifest) => {
      manifest.seen.metadata = { ...manifest.seen.metadata, area: "nowhere" };
    }),
  },
  {
    what: "archived or not",
    finds: "archived",
    corrupt: edit((manifest) => {
      manifest.seen.archived = true;
    }),
  },
  {
    what: "content of another revision",
    finds: "content",
    corrupt: edit((manifest) => {
      manifest.seen.contentHash = "0000";
    }),
  },
  {
    what: "another title",
    finds: "content",
    corrupt: edit((manifest) => {
      manifest.indexed.title = "Wrong";
    }),
  },
  {
    what: "a point that no manifest lists",
    finds: "leftover",
    corrupt: (database, id) => {
      const vector = database
        .prepare(`insert into vector (data) select data from vector where vector = (${firstPoint})`)
        .run(id).lastInsertRowid;
      database
        .prepare(
          `insert into point select ?, document, 'ffffffffffffffff', 'ffffffff-ffff-8fff-8fff-ffffffffffff',
            epoch, position, text_hash, chunk_hash, tenant, embedded_at, heading, text
          from point where point = (${firstPoint})`,
        )
        .run(vector, id);
    },
  },
  {
    what: "a vector that nothing uses",
    finds: "stray vector",
    corrupt: (database) =>
      database.exec("insert into vector (data) select data from vector limit 1"),
  },
];

/** A document that is there and is not found: only searching shows it. */
export function hideFromSearch(directory: string, id: string): void {
  corruptIn(directory, (database) =>
    database.prepare("update document set audience = null where id = ?").run(id),
  );
}

export function corruptIn(directory: string, corrupt: (database: DatabaseSync) => unknown): void {
  using database = new DatabaseSync(join(directory, "tidemark.db"));
  corrupt(database);
}

const firstPoint = `
  select min(p.point) from point p join document d on d.document = p.document where d.id = ?`;

function onFirstPoint(assignment: string): Corruption["corrupt"] {
  return (database, id) =>
    void database.prepare(`update point set ${assignment} where point = (${firstPoint})`).run(id);
}

function edit(change: (manifest: EditableManifest) => void): Corruption["corrupt"] {
  return (database, id) => {
    const row = database.prepare("select manifest from document where id = ?").get(id);
    const manifest = JSON.parse(String(row?.["manifest"])) as EditableManifest;
    change(manifest);
    database
      .prepare("update document set manifest = ? where id = ?")
      .run(JSON.stringify(manifest), id);
  };
}

function liveOf(database: DatabaseSync, id: string): Uint8Array {
  const row = database.prepare("select live from document where id = ?").get(id);
  return bytesOf(row?.["live"]);
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError("there is nothing to corrupt");
}

function setLive(database: DatabaseSync, id: string, live: Uint8Array): void {
  database.prepare("update document set live = ? where id = ?").run(live, id);
}
