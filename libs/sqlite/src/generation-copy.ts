/**
 * What a connection keeps in memory of a generation to search it: codes of all listed vectors, and
 * of each document who may find it. It is brought up to the snapshot that the connection reads
 * before every search, so it says what the tables say.
 */
import { meetsFilter, unpackDigests, type Filter, type Metadata } from "@tidemark/domain";
import { decodeAudience, mayFind, type Audience, type Seer } from "./audience.ts";
import { CodeTable } from "./code-table.ts";
import type { Connection } from "./connection.ts";
import type { Generation } from "./generation-operations.ts";

const selectChanged = `
  select document, id, source, audience, changed, live from document
  where generation = ? and changed > ? order by changed limit ?`;
const selectVectors = `
  select p.point, p.digest, v.data from point p join vector v on v.vector = p.point
  where p.document = ?`;
const selectPointRows = `select point, digest from point where document = ?`;
const selectVector = `select data from vector where vector = ?`;
const selectAudience = `select policies from audience where audience = ?`;
const selectMetadata = `
  select manifest -> '$.seen.metadata' as metadata from document where document = ?`;

/** Documents brought over by one statement. */
const documentsPerStep = 256;

interface ChangedRow {
  readonly document: number;
  readonly id: string;
  readonly source: string;
  readonly audience: number | null;
  readonly changed: number;
  readonly live: Uint8Array;
}

interface Entry {
  readonly document: number;
  readonly id: string;
  readonly source: string;
  readonly audience: number;
  /** Point → slot. */
  readonly slots: Map<number, number>;
  /** With the source as a field; read when a filter first asks for it. */
  metadata: Metadata | null;
}

export interface Wanted {
  readonly seer: Seer;
  readonly sources: ReadonlySet<string> | null;
  readonly filter: Filter;
  readonly excluded: ReadonlySet<string>;
}

export interface Near {
  readonly point: number;
  readonly documentId: string;
}

export class GenerationCopy {
  readonly generation: Generation;
  readonly #codes: CodeTable;
  readonly #audiences = new Map<number, { readonly audience: Audience; documents: number }>();
  /** By number in the copy; freed numbers are used again. */
  readonly #entries: (Entry | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #numbers = new Map<number, number>();
  /** By slot. */
  #points = new Float64Array(0);
  #changed = 0;

  constructor(generation: Generation) {
    this.generation = generation;
    this.#codes = new CodeTable(generation.dimension);
  }

  get points(): number {
    return this.#entries.reduce((sum, entry) => sum + (entry?.slots.size ?? 0), 0);
  }

  /**
   * Takes over what changed since the last time, in the order it changed.
   * @returns whether nothing is left to take over.
   */
  follow(connection: Connection, { documentsMax }: { readonly documentsMax: number }): boolean {
    let left = documentsMax;
    while (left > 0) {
      const limit = Math.min(left, documentsPerStep);
      const rows = connection.all<ChangedRow>(
        selectChanged,
        this.generation.number,
        this.#changed,
        limit,
      );
      for (const row of rows) {
        this.#take(connection, row);
        this.#changed = row.changed;
      }
      if (rows.length < limit) return true;
      left -= rows.length;
    }
    return false;
  }

  /** Points certain to include the k nearest of the documents that are wanted. */
  nearest(
    connection: Connection,
    query: { readonly vector: Float32Array; readonly k: number; readonly wanted: Wanted },
  ): readonly Near[] {
    const slots = this.#codes.nearest(query.vector, query.k, this.#which(connection, query.wanted));
    return slots.map((slot) => ({
      point: this.#points[slot] as number,
      documentId: this.#entries[this.#codes.ownerOf(slot)]?.id as string,
    }));
  }

  #which(connection: Connection, { seer, sources, filter, excluded }: Wanted): Uint8Array {
    const audiences = new Set<number>();
    for (const [number, { audience }] of this.#audiences) {
      if (mayFind(audience, seer)) audiences.add(number);
    }
    const filtered = Object.keys(filter).length > 0;
    const wanted = new Uint8Array(this.#entries.length);
    for (const [number, entry] of this.#entries.entries()) {
      if (!entry || !audiences.has(entry.audience)) continue;
      if (sources && !sources.has(entry.source)) continue;
      if (excluded.size > 0 && excluded.has(entry.id)) continue;
      if (filtered && !meetsFilter(metadataOf(connection, entry), filter)) continue;
      wanted[number] = 1;
    }
    return wanted;
  }

  #take(connection: Connection, row: ChangedRow): void {
    const { document, audience, live } = row;
    const number = this.#numbers.get(document);
    const before = number === undefined ? undefined : this.#entries[number];
    const slots = before?.slots ?? new Map<number, number>();
    if (audience === null) {
      if (number !== undefined) this.#forget(document, number);
      return;
    }
    const entry: Entry = { ...row, audience, slots, metadata: null };
    const place = number ?? this.#free.pop() ?? this.#entries.length;
    this.#entries[place] = entry;
    this.#numbers.set(document, place);
    this.#joinAudience(connection, audience);
    if (before) this.#leaveAudience(before.audience);
    this.#takePoints(connection, entry, { place, listed: new Set(unpackDigests(live)) });
  }

  #takePoints(
    connection: Connection,
    { document, slots }: Entry,
    { place, listed }: { readonly place: number; readonly listed: ReadonlySet<string> },
  ): void {
    if (slots.size === 0) {
      const rows = connection.all<{ point: number; digest: string; data: Uint8Array }>(
        selectVectors,
        document,
      );
      for (const { point, digest, data } of rows) {
        if (listed.has(digest)) slots.set(point, this.#add(point, data, place));
      }
      return;
    }
    const rows = connection.all<{ point: number; digest: string }>(selectPointRows, document);
    const now = new Set(rows.flatMap(({ point, digest }) => (listed.has(digest) ? [point] : [])));
    for (const [point, slot] of slots) {
      if (now.has(point)) continue;
      this.#codes.remove(slot);
      slots.delete(point);
    }
    for (const point of now) {
      if (slots.has(point)) continue;
      const data = connection.get<{ data: Uint8Array }>(selectVector, point)?.data;
      if (data) slots.set(point, this.#add(point, data, place));
    }
  }

  #add(point: number, data: Uint8Array, owner: number): number {
    const slot = this.#codes.add(vectorFrom(data), owner);
    if (slot >= this.#points.length) {
      const grown = new Float64Array(this.#codes.capacity);
      grown.set(this.#points);
      this.#points = grown;
    }
    this.#points[slot] = point;
    return slot;
  }

  #forget(document: number, number: number): void {
    const entry = this.#entries[number];
    if (!entry) return;
    for (const slot of entry.slots.values()) this.#codes.remove(slot);
    this.#leaveAudience(entry.audience);
    this.#entries[number] = undefined;
    this.#numbers.delete(document);
    this.#free.push(number);
  }

  #joinAudience(connection: Connection, number: number): void {
    const known = this.#audiences.get(number);
    if (known) {
      known.documents += 1;
      return;
    }
    const policies = connection.get<{ policies: string }>(selectAudience, number)?.policies;
    if (policies === undefined) throw new Error(`audience ${number} is not in the index`);
    this.#audiences.set(number, { audience: decodeAudience(policies), documents: 1 });
  }

  #leaveAudience(number: number): void {
    const known = this.#audiences.get(number);
    if (!known) return;
    known.documents -= 1;
    if (known.documents === 0) this.#audiences.delete(number);
  }
}

function metadataOf(connection: Connection, entry: Entry): Metadata {
  if (entry.metadata) return entry.metadata;
  const row = connection.get<{ metadata: string }>(selectMetadata, entry.document);
  const metadata = JSON.parse(row?.metadata ?? "{}") as Metadata;
  entry.metadata = { ...metadata, source: entry.source };
  return entry.metadata;
}

/** A blob may lie anywhere; numbers have to lie at multiples of four. */
export function vectorFrom(data: Uint8Array): Float32Array {
  if (data.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0) {
    return new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  }
  return new Float32Array(data.slice().buffer);
}
