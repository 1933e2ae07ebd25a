/** A data directory against what was told to it: without asking the product what is right. */
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import {
  compareRevisions,
  decodeWriteToken,
  documentId,
  sourceOf,
  type DocumentId,
  type SourceName,
} from "@tidemark/domain";
import type { Difference, DifferenceKind } from "./difference.ts";
import type { ExpectedDocument } from "./pushed-document.ts";
import type { Store } from "./read-store.ts";

/** Keys of the Markdown files of a folder, as the file system has them now. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

export function compareWithSource(
  store: Store,
  expected: {
    readonly folders: ReadonlyMap<string, string>;
    /** Pushed, put into a bucket, or a row of a table. */
    readonly documents: readonly ExpectedDocument[];
  },
): Difference[] {
  const found: Difference[] = [];
  const wanted = new Set<DocumentId>();
  for (const [source, folder] of expected.folders) {
    for (const key of filesOf(folder)) wanted.add(documentId(source as SourceName, key));
  }
  for (const document of expected.documents) {
    const id = documentId(document.source as SourceName, document.key);
    wanted.add(id);
    found.push(...compareExpected(id, document, store));
  }
  for (const id of wanted) {
    if (store.documents.has(id)) continue;
    found.push({ kind: "missing", subject: id, detail: "in the source, and never seen" });
  }
  for (const [id, { manifest }] of store.documents) {
    if (wanted.has(id)) {
      if (manifest.seen.deleted) found.push({ kind: "missing", subject: id, detail: "deleted" });
    } else if (!manifest.seen.deleted) {
      const detail = `not in ${sourceOf(id)} any more`;
      found.push({ kind: "unexpected", subject: id, detail });
    }
  }
  return found;
}

function compareExpected(id: DocumentId, document: ExpectedDocument, store: Store): Difference[] {
  const seen = store.documents.get(id)?.manifest.seen;
  if (!seen || seen.deleted) return [];
  const { permissions } = seen.policy;
  const readers =
    permissions.kind === "only" ? permissions.principals.toSorted() : permissions.kind;
  const pairs: [DifferenceKind, unknown, unknown][] = [
    ["archived", seen.archived, document.archived],
    ["metadata", sorted(seen.metadata), sorted(document.metadata)],
    ["tenant", seen.policy.tenant, document.tenant],
    [
      "permissions",
      readers,
      typeof document.permissions === "string"
        ? document.permissions
        : [...document.permissions].toSorted(),
    ],
  ];
  const { contentHash } = document;
  if (contentHash !== undefined) pairs.push(["content", seen.contentHash, contentHash]);
  return pairs.flatMap(([kind, actual, wanted]) => {
    const [is, should] = [JSON.stringify(actual), JSON.stringify(wanted)];
    return is === should
      ? []
      : [{ kind, subject: id, detail: `${is}, and ${should} in the source` }];
  });
}

function sorted(fields: object): unknown {
  return Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Every write that was acknowledged was at least seen, and its document is not left half way. */
export function compareWithTokens(store: Store, tokens: readonly string[]): Difference[] {
  return tokens.flatMap((text): Difference[] => {
    const token = decodeWriteToken(text);
    if (!token) return [{ kind: "lost-write", subject: text, detail: "no token of ours" }];
    const { documentId: subject, revision } = token;
    const seen = store.documents.get(subject)?.manifest.seen.revision;
    if (seen && compareRevisions(seen, revision) >= 0) return [];
    const detail = `written at ${revision.position}, seen up to ${seen?.position ?? "nothing"}`;
    return [{ kind: "lost-write", subject, detail }];
  });
}
