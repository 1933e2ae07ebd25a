/** Ids are branded so that they cannot be swapped for one another or for any string. */
export type SourceName = string & { readonly __brand: "SourceName" };
/** `<source>/<key>`, the key as the source spells it. */
export type DocumentId = string & { readonly __brand: "DocumentId" };
export type GenerationId = string & { readonly __brand: "GenerationId" };
/** A UUID derived from generation, document, chunk and repetition. */
export type PointId = string & { readonly __brand: "PointId" };
/** The first 8 bytes of a point id, as 16 hex digits: what a manifest lists. */
export type PointDigest = string & { readonly __brand: "PointDigest" };
/** Fresh with every write of a manifest; the condition of the next. */
export type Token = string & { readonly __brand: "Token" };

export const documentIdLengthMax = 2048;
const sourceNamePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export function isSourceName(name: string): name is SourceName {
  return sourceNamePattern.test(name);
}

/** @throws RangeError when the name has a character that ids and metrics cannot carry. */
export function sourceName(name: string): SourceName {
  if (!isSourceName(name)) {
    throw new RangeError(
      `source name ${JSON.stringify(name)}: letters, digits, "-" and "_", 64 at most`,
    );
  }
  return name;
}

/** @throws RangeError when the key is empty or the id too long to be stored. */
export function documentId(source: SourceName, key: string): DocumentId {
  const id = `${source}/${key}`;
  if (key.length === 0 || id.length > documentIdLengthMax) {
    throw new RangeError(`document key: 1 to ${documentIdLengthMax} characters with its source`);
  }
  return id as DocumentId;
}

export function sourceOf(id: DocumentId): SourceName {
  return id.slice(0, id.indexOf("/")) as SourceName;
}

export function keyOf(id: DocumentId): string {
  return id.slice(id.indexOf("/") + 1);
}
