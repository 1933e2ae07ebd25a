/** What carries promise 4: a restriction is immediate, and unknown is unreadable. */
import type { Fence } from "./fence.ts";

export const restrictionImmediate: readonly Fence[] = [
  {
    promise: 4,
    does: "The newest policy known has to allow.",
    file: "libs/pipeline/src/query/readable.ts",
    before: "    allows(seen.policy, asker) &&",
    after: "",
    test: "the newest policy decides, although content and copies are those of an older one",
  },
  {
    promise: 4,
    does: "The policy of the content itself has to allow.",
    file: "libs/pipeline/src/query/readable.ts",
    before: "    allows(indexed.policy, asker)",
    after: "    true",
    test: "content keeps its own policy until it is replaced: a wider one does not show it",
  },
  {
    promise: 4,
    does: "Unknown permissions are unreadable.",
    file: "libs/domain/src/policy.ts",
    before: `    case "unknown":
      return false;`,
    after: `    case "unknown":
      return true;`,
    test: "who may read a document is unknown: then nobody may, although its copies say otherwise",
  },
  {
    promise: 4,
    does: "An archived document is not readable.",
    file: "libs/pipeline/src/query/readable.ts",
    before: "    !seen.archived &&",
    after: "",
    test: "an archived document is hidden at once, although its copies say otherwise",
  },
  {
    promise: 4,
    does: "A document of one tenant is denied to all others.",
    file: "libs/domain/src/policy.ts",
    before: "  if (policy.tenant !== everyTenant && policy.tenant !== asker.tenant) return false;",
    after: "",
    test: "a document that moved to another tenant is not shown to its former one, although its copies say otherwise",
  },
  {
    promise: 4,
    does: "A document with a fault is published as hidden, and does not stay as it was.",
    file: "libs/pipeline/src/stages/resolve.ts",
    before: `    if (error instanceof PoisonError) return { kind: "hidden", error };`,
    after: `    if (error instanceof PoisonError) return { kind: "blocked", reason: error.message };`,
    test: "a document is hidden when it can no longer be read who may read it",
  },
  {
    promise: 4,
    does: "Permissions in front matter that mean nothing are a fault.",
    file: "libs/folder/src/document-policy.ts",
    before: `  throw unreadable("permissions", "public, deny, or a list of principals");`,
    after: `  return { kind: "public" };`,
    test: "malformed permissions in front matter do not fall back to what a rule would give",
  },
  {
    promise: 4,
    does: "A record with a readable envelope and an unreadable rest is a mutation that hides.",
    file: "libs/domain/src/mutation.ts",
    before: `  if (!parsed.success) return { ...head, kind: "unreadable", problem: problemOf(parsed.error) };`,
    after: "  if (!parsed.success) return { problem: problemOf(parsed.error) };",
    test: "a record that can be read in part hides its document instead of being skipped",
  },
  {
    promise: 4,
    does: "A facet of permissions replaces the policy, and needs no content for it.",
    file: "libs/domain/src/manifest-plan.ts",
    before:
      "          : { policy: { tenant: before.policy.tenant, permissions: mutation.facet.permissions } };",
    after: "          : {};",
    test: "a PATCH of permissions replaces them without the content",
  },
  {
    promise: 4,
    does: "The restrictor decides again what lost its condition.",
    file: "libs/pipeline/src/stages/restrict.ts",
    before: "      open = open.filter((task) => lost.has(task.key as DocumentId));",
    after: "      open = [];",
    test: "a restriction that lost the race for its manifest is decided again",
  },
  {
    promise: 4,
    does: "What is seen is never lowered, by a redelivery either.",
    file: "libs/domain/src/manifest-plan.ts",
    before: `  if (order < 0 || (order === 0 && !isStub)) {`,
    after: `  const late = mutation.offset > current.seen.offset;
  if ((order < 0 && late) || (order === 0 && !isStub)) {`,
    test: "a redelivery of what was public does not widen what is restricted since",
  },
];
