/** Source and key as an address or a line names them → a document id. */
import { documentId, isSourceName, type DocumentId, type SourceName } from "@tidemark/domain";
import { RequestError } from "@tidemark/pipeline";
import { z } from "zod";

export const sourceSchema = z
  .string()
  .refine(isSourceName, 'letters, digits, "-" and "_", 64 at most')
  .meta({ description: "Name of the source, as in the config" });

/** The rest of the path, decoded once by the router: slashes in it may be written as `%2F`. */
export const documentParamsSchema = z.object({
  source: sourceSchema,
  "*": z.string().meta({ description: "Key of the document; it may contain slashes" }),
});

export const idParamsSchema = z.object({
  "*": z.string().meta({ description: "Document id: <source>/<key>" }),
});

/** @throws RequestError for a key that cannot be stored. */
export function addressOf(
  source: SourceName,
  key: string,
): { readonly source: SourceName; readonly key: string; readonly id: DocumentId } {
  if (!key.isWellFormed()) throw invalidKey("a key is whole Unicode characters");
  if (key === "." || key === "..") throw invalidKey("no address can spell this key");
  try {
    return { source, key, id: documentId(source, key) };
  } catch (error) {
    if (error instanceof RangeError) throw invalidKey(error.message);
    throw error;
  }
}

export function addressOfId(id: string): ReturnType<typeof addressOf> {
  const slash = id.indexOf("/");
  const source = id.slice(0, Math.max(slash, 0));
  if (!isSourceName(source)) throw invalidKey("a document id is <source>/<key>");
  return addressOf(source, id.slice(slash + 1));
}

function invalidKey(detail: string): RequestError {
  return new RequestError(400, "invalid-document-id", detail);
}
