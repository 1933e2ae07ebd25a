/** What became of a row, as a mutation. */
import {
  documentId,
  everyTenant,
  type MutationDraft,
  type MutationReason,
  type Revision,
  type SourceName,
} from "@tidemark/domain";
import { problemText, type RowDocument, type RowProblem } from "@tidemark/rows";

export type Statement =
  | { readonly kind: "document"; readonly document: RowDocument }
  | { readonly kind: "gone" }
  /** It is hidden, and says why. */
  | { readonly kind: "failed"; readonly problem: RowProblem };

export interface DraftContext {
  readonly source: SourceName;
  readonly key: string;
  readonly revision: Revision;
  readonly reason: MutationReason;
  readonly sourceTimeMs: number | null;
  readonly observedAtMs: number;
}

const unstated = {
  tenant: everyTenant,
  permissions: { kind: "unknown" as const },
  archived: false,
  metadata: {},
  sourceDigest: null,
  body: null,
};

export function draftOf(statement: Statement, context: DraftContext): MutationDraft {
  const { key, revision, source, ...rest } = context;
  const draft = {
    ...rest,
    ...revision,
    source,
    documentId: documentId(source, key),
    trace: null,
    problem: null,
  };
  switch (statement.kind) {
    case "document":
      return { ...draft, ...documentFacts(statement.document), kind: "upsert" };
    case "gone":
      return { ...draft, ...unstated, kind: "delete" };
    case "failed": {
      const problem = { reason: "mapping-failed", message: problemText(statement.problem) };
      return { ...draft, ...unstated, problem, kind: "upsert" };
    }
  }
}

function documentFacts({ permissions, ...document }: RowDocument) {
  return {
    ...document,
    permissions:
      permissions.kind === "only"
        ? { kind: "only" as const, principals: [...permissions.principals] }
        : permissions,
  };
}
