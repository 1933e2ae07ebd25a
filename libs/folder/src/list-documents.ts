/** Every document of a folder with the digest of its state, in key order. */
import { documentIdLengthMax, type ListedDocument } from "@tidemark/domain";
import { TransientError } from "@tidemark/pipeline";
import type { RuledPolicy } from "./document-policy.ts";
import { faultOf } from "./file-error.ts";
import type { FolderRoot } from "./folder-root.ts";
import type { KeyFilter } from "./key-filter.ts";
import { listKeys, type ListedEntry } from "./list-keys.ts";
import { locateEntry } from "./locate-document.ts";
import type { ReportListener } from "./report.ts";
import { sourceDigestOf } from "./stat-digest.ts";

export const statConcurrencyMax = 64;

/** Never the digest of a state that was read: the document is read again, and says why. */
const unreadableDigest = "unreadable";

export interface Listing {
  readonly source: string;
  readonly root: FolderRoot;
  readonly filter: KeyFilter;
  readonly policyOf: (key: string) => RuledPolicy;
  readonly sizeBytesMax: number;
  readonly onReport: ReportListener;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `TransientError` when the root cannot be listed or is another at the end than before. */
export async function* listDocuments(listing: Listing): AsyncGenerator<ListedDocument> {
  const { root } = listing;
  const before = await root.present();
  const realRoot = await root.real();
  for await (const entries of listKeys({ ...listing, root: realRoot })) {
    const fitting = entries.filter(({ key }) => fits(listing, key));
    for (let start = 0; start < fitting.length; start += statConcurrencyMax) {
      listing.signal?.throwIfAborted();
      const some = fitting.slice(start, start + statConcurrencyMax);
      const listed = await Promise.all(
        some.map((entry) => digestOfEntry(listing, realRoot, entry)),
      );
      for (const document of listed) if (document) yield document;
    }
  }
  if ((await root.present()) !== before) {
    throw new TransientError("the folder's root was replaced while it was listed");
  }
}

/** Null when there is no document at the entry after all. */
async function digestOfEntry(
  listing: Listing,
  realRoot: string,
  { key }: ListedEntry,
): Promise<ListedDocument | null> {
  try {
    const location = await locateEntry(realRoot, `${realRoot}/${key}`);
    if (location.kind === "outside") return null;
    const { sizeBytesMax } = listing;
    const ruleDigest = listing.policyOf(key).digest;
    return {
      key,
      digest: sourceDigestOf({ stats: location.stats, key, ruleDigest, sizeBytesMax }),
    };
  } catch (error) {
    const fault = faultOf(error);
    if (fault.kind === "absent") return null;
    if (fault.kind === "blocked") return { key, digest: unreadableDigest };
    throw new TransientError("the folder cannot be listed whole", { cause: error });
  }
}

function fits({ source, onReport }: Listing, key: string): boolean {
  if (keyFits(source, key)) return true;
  onReport({ kind: "key-too-long", key });
  return false;
}

/** Whether the document's id can be stored. */
export function keyFits(source: string, key: string): boolean {
  return source.length + 1 + key.length <= documentIdLengthMax;
}
