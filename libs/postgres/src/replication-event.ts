/** What logical replication tells, decoded, with every value still as text. */
import { PgoutputPlugin } from "pg-logical-replication";
import { parseLsn } from "./lsn.ts";

export interface Relation {
  /** `public.products` */
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly typeOid: number }[];
}

/** By column: text, `null` for null, `undefined` for TOAST that did not change and was not sent. */
export type Tuple = Readonly<Record<string, string | null | undefined>>;

export type ReplicationEvent =
  | {
      readonly kind: "begin";
      /** The lower 32 bits of the transaction's id. */
      readonly xid: number;
      readonly committedAtMs: number;
    }
  | {
      readonly kind: "change";
      /** Of the change itself, not of its commit. */
      readonly lsn: number;
      readonly relation: Relation;
      /**
       * The row before: its replica identity's columns, or all of them where that is `full`. Null for
       * an insert, and for an update that left the key alone under any other identity.
       */
      readonly before: Tuple | null;
      /** The row after; null for a delete. */
      readonly after: Tuple | null;
    }
  | { readonly kind: "truncate"; readonly lsn: number; readonly tables: readonly string[] }
  | {
      readonly kind: "message";
      readonly lsn: number;
      readonly prefix: string;
      readonly content: string;
    }
  | { readonly kind: "commit"; readonly endLsn: number }
  /** So far the server has come, though it had nothing to send. */
  | { readonly kind: "keepalive"; readonly endLsn: number; readonly isReplyWanted: boolean };

type Decoded = ReturnType<PgoutputPlugin["parse"]>;

const header = { xLogData: 0x77, keepalive: 0x6b } as const;
const xLogDataAt = 25;

/** Of one connection: it remembers the relations that it was told of. */
export class EventDecoder {
  readonly plugin: PgoutputPlugin;

  constructor(publication: string) {
    this.plugin = new PgoutputPlugin({
      protoVersion: 1,
      publicationNames: [publication],
      messages: true,
    });
  }

  /** Null for what is of no interest. The buffer may be used again afterwards. */
  decode(chunk: Buffer): ReplicationEvent | null {
    const lsn = chunk.readUInt32BE(1) * 2 ** 32 + chunk.readUInt32BE(5);
    switch (chunk.readUInt8(0)) {
      case header.keepalive:
        return { kind: "keepalive", endLsn: lsn, isReplyWanted: chunk.readUInt8(17) !== 0 };
      case header.xLogData:
        return eventOf(this.plugin.parse(chunk.subarray(xLogDataAt)), lsn);
      default:
        return null;
    }
  }
}

function eventOf(decoded: Decoded, lsn: number): ReplicationEvent | null {
  switch (decoded.tag) {
    case "relation":
      // The library would make doubles and dates of the values.
      for (const column of decoded.columns) column.parser = (text: unknown) => text;
      return null;
    case "begin": {
      const committedAtMs = Number((decoded.commitTime as bigint) / 1000n);
      return { kind: "begin", xid: decoded.xid >>> 0, committedAtMs };
    }
    case "insert":
      return change(lsn, decoded.relation, { before: null, after: decoded.new as Tuple });
    case "update": {
      const before = (decoded.old ?? decoded.key) as Tuple | null;
      return change(lsn, decoded.relation, { before, after: decoded.new as Tuple });
    }
    case "delete": {
      const before = (decoded.old ?? decoded.key) as Tuple | null;
      return change(lsn, decoded.relation, { before, after: null });
    }
    case "truncate":
      return { kind: "truncate", lsn, tables: decoded.relations.map(nameOf) };
    case "message": {
      const content = Buffer.from(decoded.content).toString("utf8");
      return { kind: "message", lsn, prefix: decoded.prefix, content };
    }
    case "commit":
      return { kind: "commit", endLsn: parseLsn(decoded.commitEndLsn ?? "") };
    case "origin":
    case "type":
      return null;
  }
}

type DecodedRelation = Extract<Decoded, { tag: "relation" }>;

function change(
  lsn: number,
  relation: DecodedRelation,
  { after, before }: { readonly before: Tuple | null; readonly after: Tuple | null },
): ReplicationEvent {
  const { columns } = relation;
  return { kind: "change", lsn, relation: { table: nameOf(relation), columns }, before, after };
}

function nameOf({ name, schema }: DecodedRelation): string {
  return `${schema}.${name}`;
}
