/** What is done to a copy's index, past everything that keeps it: each to one document. */
import { randomUUID } from "node:crypto";
import {
  type DocumentId,
  type Manifest,
  type Point,
  type PointDigest,
  type RunbookName,
  type Token,
} from "@tidemark/domain";
import type { Copy } from "./copy.ts";

export interface Damage {
  readonly what: string;
  /** Answers the points that the document has while it is right. */
  readonly to: (copy: Copy, id: DocumentId) => Promise<readonly Point[]>;
}

/** Above every revision: whatever is not listed is removed. */
const aboveAll = { epoch: Number.MAX_SAFE_INTEGER, position: 0 };

export const damages: Readonly<Record<RunbookName, readonly Damage[]>> = {
  "stale-embeddings": [
    { what: "its points have the vectors of its text before", to: keepOlderVectors },
    // Of a pushed one: a folder may tell of an edit twice, and the second would mend it.
    { what: "its revision before is live again, points and manifest", to: restoreRevision },
    { what: "its manifest is of another model", to: nameAnotherModel },
    { what: "a point of it is lost", to: losePoint },
  ],
  "partial-corruption": [
    { what: "bits of one vector are flipped (hardware)", to: flipBits },
    { what: "its vectors are of texts without white space (preprocessing)", to: glueWords },
    { what: "a stored text is cut off (hardware)", to: cutText },
    { what: "its second half was never there (truncated input)", to: truncateInput },
  ],
};

async function restoreRevision(copy: Copy, id: DocumentId): Promise<readonly Point[]> {
  const before = await copy.stored(id);
  await copy.edit(id, withNews);
  const { manifest, points } = await copy.stored(id);
  await write(copy, { ...before, tokenRead: manifest.token });
  return points;
}

async function keepOlderVectors(copy: Copy, id: DocumentId): Promise<readonly Point[]> {
  const { points: before } = await copy.stored(id);
  await copy.edit(id, inOtherWords);
  const { points } = await copy.stored(id);
  await putPoints(
    copy,
    points.map((point, at) => ({ ...point, vector: atOf(before, at % before.length).vector })),
  );
  return points;
}

async function nameAnotherModel(copy: Copy, id: DocumentId): Promise<readonly Point[]> {
  const { manifest, points } = await copy.stored(id);
  const indexed = manifest.indexed && { ...manifest.indexed, fingerprint: "of-another-model" };
  const forged = { ...manifest, indexed };
  await write(copy, { manifest: forged, points: [], tokenRead: manifest.token });
  return points;
}

async function losePoint(copy: Copy, id: DocumentId): Promise<readonly Point[]> {
  const { manifest, points } = await copy.stored(id);
  const { indexed } = manifest;
  if (!indexed) throw new Error(`nothing of ${id} is indexed`);
  // No index removes a point that its manifest lists.
  const shorter = { ...manifest, indexed: { ...indexed, live: indexed.live.slice(1) } };
  await write(copy, { manifest: shorter, points: [], tokenRead: manifest.token });
  const { manifest: written } = await copy.stored(id);
  await write(copy, { manifest, points: [], tokenRead: written.token });
  return points;
}

async function flipBits(copy: Copy, id: DocumentId): Promise<readonly Point[]> {
  const { points } = await copy.stored(id);
  const point = atOf(points, points.length - 1);
  // The sign bit of every fourth number.
  const vector = point.vector.map((number, at) => (at % 4 === 0 ? -number : number));
  await putPoints(copy, [{ ...point, vector }]);
  return points;
}

async function glueWords(copy: Copy, id: DocumentId): Promise<readonly Point[]> {
  const { points } = await copy.stored(id);
  const vectors = await copy.embed(points.map(({ text }) => text.replaceAll(/\s+/gu, "")));
  await putPoints(
    copy,
    points.map((point, at) => ({ ...point, vector: atOf(vectors, at) })),
  );
  return points;
}

async function cutText(copy: Copy, id: DocumentId): Promise<readonly Point[]> {
  const { points } = await copy.stored(id);
  const point = atOf(points, 0);
  const text = point.text.slice(0, Math.floor(point.text.length / 2));
  await putPoints(copy, [{ ...point, text }]);
  return points;
}

/** As if only its beginning had been read: what is listed is stored, and the rest never was. */
async function truncateInput(copy: Copy, id: DocumentId): Promise<readonly Point[]> {
  const { manifest, points } = await copy.stored(id);
  const { indexed } = manifest;
  if (!indexed) throw new Error(`nothing of ${id} is indexed`);
  const live = indexed.live.slice(0, Math.ceil(indexed.live.length / 2));
  const forged = { ...manifest, indexed: { ...indexed, live } };
  await write(copy, { manifest: forged, points: [], tokenRead: manifest.token });
  return points;
}

async function write(
  copy: Copy,
  forged: {
    readonly manifest: Manifest;
    readonly points: readonly Point[];
    readonly tokenRead: Token;
  },
): Promise<void> {
  const { points, tokenRead } = forged;
  const manifest = { ...forged.manifest, token: randomUUID() as Token };
  const commit = { manifest, tokenRead, put: points, sweep: null };
  const [outcome] = await copy.index.commit(copy.generation, [commit], []);
  if (outcome !== "won") throw new Error(`${manifest.documentId} changed while it was damaged`);
  await keepOnly(copy, manifest.documentId, manifest.indexed?.live ?? []);
}

function putPoints(copy: Copy, points: readonly Point[]): Promise<void> {
  return copy.index.putPoints(copy.generation, points);
}

function keepOnly(copy: Copy, id: DocumentId, live: readonly PointDigest[]): Promise<void> {
  return copy.index.sweep(copy.generation, id, { revision: aboveAll, live });
}

/** Nothing of it is near what it was: each letter is the next one. */
function inOtherWords(text: string): string {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  return text.replaceAll(/[a-z]/gu, (letter) => letters[letters.indexOf(letter) + 1] ?? "a");
}

function withNews(text: string): string {
  return `${text}\n\n## News\n\nThe ferry sails at nine, and the old quay is closed until spring.\n`;
}

function atOf<T>(items: readonly T[], at: number): T {
  const item = items[at];
  if (item === undefined) throw new Error("a document that is damaged has points");
  return item;
}
