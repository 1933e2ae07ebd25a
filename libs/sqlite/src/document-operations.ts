/** The row of a document, which its manifest, its points and its standing hang on. */
import { unpackDigests } from "@tidemark/domain";
import type { Connection } from "./connection.ts";

const selectDocument = `select document from document where generation = ? and id = ?`;
const insertDocument = `insert into document (generation, id) values (?, ?)`;
const selectLive = `select live from document where document = ?`;
/** With the condition of its index, or every document of the generation would be looked at. */
export const selectChange = `
  select max(changed) as changed from document where generation = ? and changed is not null`;
const updateChange = `update document set changed = ? where document = ? and changed is not null`;

export interface InDocument {
  readonly generation: string;
  readonly documentId: string;
}

export function findDocument(
  connection: Connection,
  generation: number,
  id: string,
): number | undefined {
  return connection.get<{ document: number }>(selectDocument, generation, id)?.document;
}

/** The document's row, made when it is not there: points may come before the manifest. */
export function ensureDocument(connection: Connection, generation: number, id: string): number {
  return (
    findDocument(connection, generation, id) ?? connection.insert(insertDocument, generation, id)
  );
}

/** Digests of the points that the manifest lists. */
export function liveDigests(connection: Connection, document: number): ReadonlySet<string> {
  const live = connection.get<{ live: Uint8Array | null }>(selectLive, document)?.live;
  return new Set(live ? unpackDigests(live) : []);
}

/** The number of the generation's last change; 0 before the first. */
export function lastChange(connection: Connection, generation: number): number {
  return connection.get<{ changed: number | null }>(selectChange, generation)?.changed ?? 0;
}

/** Has searches look at the document again. */
export function noteChange(connection: Connection, generation: number, document: number): void {
  connection.run(updateChange, lastChange(connection, generation) + 1, document);
}
