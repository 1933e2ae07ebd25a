/** Generations: a number for each name, and everything kept under it. */
import type { Connection } from "./connection.ts";

export interface Generation {
  readonly number: number;
  readonly dimension: number;
}

const selectGeneration = `select number, dimension from generation where name = ?`;
const insertGeneration = `insert into generation (name, dimension) values (?, ?)`;
const deleteGeneration = `delete from generation where number = ?`;
const selectDocuments = `select document from document where generation = ? limit ?`;
const selectPoints = `select point from point where document = ? limit ?`;
const deleteVector = `delete from vector where vector = ?`;
const deletePoint = `delete from point where point = ?`;
const deleteDocument = `delete from document where document = ?`;
const selectCached = `select entry, vector from vector_cache where generation = ? limit ?`;
const deleteCached = `delete from vector_cache where entry = ?`;
const deleteUnusedAudiences = `
  delete from audience
  where audience not in (select audience from document where audience is not null)`;
const selectLeftOver = `
  select generation from document where generation not in (select number from generation)
  limit 1`;

export function generationNamed(connection: Connection, name: string): Generation | undefined {
  return connection.get<Generation>(selectGeneration, name);
}

/** @throws when nobody made room for it: that is a mistake of the caller. */
export function generationOf(connection: Connection, name: string): Generation {
  const generation = generationNamed(connection, name);
  if (!generation) throw new Error(`generation ${name} is not in the index`);
  return generation;
}

/** @throws RangeError when it is there with another dimension. */
export function ensureGeneration(
  connection: Connection,
  { name, dimension }: { readonly name: string; readonly dimension: number },
): void {
  const known = generationNamed(connection, name);
  if (!known) {
    connection.insert(insertGeneration, name, dimension);
  } else if (known.dimension !== dimension) {
    throw new RangeError(
      `generation ${name} has vectors of ${known.dimension} numbers, not of ${dimension}`,
    );
  }
}

/** Takes the name away at once; what was under it follows in slices. */
export function forgetGeneration(connection: Connection, { name }: { readonly name: string }) {
  const generation = generationNamed(connection, name);
  if (generation) connection.run(deleteGeneration, generation.number);
}

/** Removes some of what forgotten generations left, and says whether nothing is left. */
export function removeForgotten(
  connection: Connection,
  { pointsMax }: { readonly pointsMax: number },
): { readonly done: boolean } {
  const left = connection.get<{ generation: number }>(selectLeftOver);
  if (!left) {
    connection.run(deleteUnusedAudiences);
    return { done: true };
  }
  let room = pointsMax;
  const cached = connection.all<{ entry: number; vector: number }>(
    selectCached,
    left.generation,
    room,
  );
  for (const { entry, vector } of cached) {
    connection.run(deleteVector, vector);
    connection.run(deleteCached, entry);
  }
  room -= cached.length;
  const documents = connection.all<{ document: number }>(selectDocuments, left.generation, room);
  for (const { document } of documents) {
    if (room <= 0) break;
    const points = connection.all<{ point: number }>(selectPoints, document, room);
    for (const { point } of points) {
      connection.run(deleteVector, point);
      connection.run(deletePoint, point);
    }
    // With no room left there may be more points: the document goes with the last of them.
    room -= points.length;
    if (room > 0) connection.run(deleteDocument, document);
    room -= 1;
  }
  return { done: false };
}
