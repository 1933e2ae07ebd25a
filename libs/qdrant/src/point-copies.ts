/**
 * Copies of a document's policy and metadata on its points, and the question that narrows a search
 * by them. They decide nothing: a candidate too many is refused by its manifest, and one too few
 * would be missed, so in doubt a point is a candidate.
 */
import {
  everyTenant,
  sha256Hex,
  sourceOf,
  zeroRevision,
  type DocumentId,
  type Policy,
  type Revision,
} from "@tidemark/domain";
import type { CandidateQuery, Copies, Narrowing } from "@tidemark/pipeline";
import { conditionsOf, factsOf, type RangedValue } from "./metadata-facts.ts";
import {
  isOfDocuments,
  isOneOf,
  recordsOf,
  type Condition,
  type RecordFilter,
} from "./record-filter.ts";

/** All of it is there in every point, so that setting copies leaves nothing of older ones. */
export interface CopiesPayload {
  readonly copied: boolean;
  readonly copyEpoch: number;
  readonly copyPosition: number;
  readonly copyTenant: string | null;
  readonly copyReaders: readonly string[];
  readonly copyFacts: readonly string[];
  readonly copyRanges: readonly RangedValue[];
}

export const noCopies: CopiesPayload = {
  copied: false,
  copyEpoch: zeroRevision.epoch,
  copyPosition: zeroRevision.position,
  copyTenant: null,
  copyReaders: [],
  copyFacts: [],
  copyRanges: [],
};

/** A filter's field `source` is the document's source, whatever its metadata says. */
export function copiesPayload(
  documentId: DocumentId,
  { policy, metadata }: Copies,
  revision: Revision,
): CopiesPayload {
  const { facts, ranges } = factsOf({ ...metadata, source: sourceOf(documentId) });
  return {
    copied: true,
    copyEpoch: revision.epoch,
    copyPosition: revision.position,
    copyTenant: policy.tenant.toWellFormed(),
    copyReaders: readersOf(policy),
    copyFacts: facts,
    copyRanges: ranges,
  };
}

/** Equal for copies that narrow alike; null for a point that has none. */
export function narrowsOf(payload: CopiesPayload): string | null {
  if (!payload.copied) return null;
  const { copyFacts, copyRanges, copyReaders, copyTenant } = payload;
  const ranges = copyRanges.map((range) => JSON.stringify([range.field, range.at]));
  return sha256Hex(
    JSON.stringify([copyTenant, [...copyReaders].sort(), [...copyFacts].sort(), ranges.sort()]),
  ).slice(0, 16);
}

export const copiedFields = [
  "copied",
  "copyTenant",
  "copyReaders",
  "copyFacts",
  "copyRanges",
] as const satisfies (keyof CopiesPayload)[];

/** Its size as a body has it, near enough to bound a request. */
export function copiesBytes({ copyReaders, copyFacts, copyRanges }: CopiesPayload): number {
  const readers = copyReaders.reduce((sum, name) => sum + name.length * 2, 0);
  return readers + copyFacts.length * bytesPerFact + copyRanges.length * bytesPerRange;
}

const bytesPerFact = 20;
const bytesPerRange = 160;

/** The points that may be of interest; those without copies always are. */
export function candidates({
  narrowing,
  excluded,
}: Pick<CandidateQuery, "narrowing" | "excluded">): RecordFilter {
  const { sources } = narrowing;
  return recordsOf("point", {
    must: sources === null ? [] : [isOneOf("source", sources)],
    should: [{ key: "copied", match: { value: false } }, { must: passes(narrowing) }],
    ...(excluded.length === 0 ? {} : { must_not: [isOfDocuments(excluded)] }),
  });
}

function passes({ tenants, principals, filter }: Narrowing): readonly Condition[] {
  return [
    ...(principals === null ? [] : [isOneOf("copyReaders", [everyone, ...principals.map(reader)])]),
    ...(tenants === null ? [] : [isOfTenants([everyTenant, ...tenants])]),
    ...conditionsOf(filter),
  ];
}

function isOfTenants(tenants: readonly string[]): Condition {
  return isOneOf("copyTenant", [...new Set(tenants.map((tenant) => tenant.toWellFormed()))]);
}

const everyone = "*";

function readersOf({ permissions }: Policy): readonly string[] {
  switch (permissions.kind) {
    case "unknown":
      return [];
    case "public":
      return [everyone];
    case "only":
      return [...new Set(permissions.principals.map(reader))];
  }
}

/** Principals have names of any kind, that of everyone among them. */
function reader(principal: string): string {
  return `=${principal.toWellFormed()}`;
}
