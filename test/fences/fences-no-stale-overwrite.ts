/** What carries promise 2: no stale overwrite, no resurrection. */
import type { Fence } from "./fence.ts";

export const noStaleOverwrite: readonly Fence[] = [
  {
    promise: 2,
    does: "SQLite writes a manifest only where its token is the one that was read.",
    file: "libs/sqlite/src/manifest-operations.ts",
    before: "  if ((known?.token ?? null) !== tokenRead) return null;",
    after: "",
    test: "in SQLite a writer that was paused before its commit does not overwrite its successor",
  },
  {
    promise: 2,
    does: "By single writes, a manifest is replaced on the token that was read when it was decided.",
    file: "libs/pipeline/src/commit/by-primitives.ts",
    before: "      else updates.push({ manifest, tokenRead });",
    after: `      else {
        const [now] = await this.#primitives.readManifests(generation, [manifest.documentId]);
        updates.push({ manifest, tokenRead: now?.token ?? tokenRead });
      }`,
    test: "in an index of single writes a paused writer does not overwrite its successor",
  },
  {
    promise: 2,
    does: "A manifest that was not there is inserted, and never replaces one that came meanwhile.",
    file: "libs/pipeline/src/commit/by-primitives.ts",
    before: "      if (tokenRead === null) inserts.push(manifest);",
    after: `      const [now] =
        tokenRead === null
          ? await this.#primitives.readManifests(generation, [manifest.documentId])
          : [];
      if (now) updates.push({ manifest, tokenRead: now.token });
      else if (tokenRead === null) inserts.push(manifest);`,
    test: "a writer that knew of no manifest does not replace the one that came to be meanwhile",
  },
  {
    promise: 2,
    does: "A revision below the one whose content is live is superseded.",
    file: "libs/domain/src/manifest-plan.ts",
    before: `    return forced && isText && contentHash !== undefined ? "apply" : "superseded";`,
    after: `    return indexed.live.length > 0 ? "apply" : "superseded";`,
    test: "chunks of an older revision that come late change nothing",
  },
  {
    promise: 2,
    does: "Of waiting records the newest revision counts, wherever it stands.",
    file: "libs/domain/src/coalesce.ts",
    before: "  for (const record of records) newest = newerOf(newest, revisionOf(record));",
    after: "  for (const record of records) newest = revisionOf(record);",
    test: "of waiting records the newest revision is chunked, though a zombie appended an older one last",
  },
  {
    promise: 2,
    does: "Revisions are compared by epoch first.",
    file: "libs/domain/src/revision.ts",
    before: "  return a.epoch - b.epoch || a.position - b.position;",
    after: "  return a.position - b.position || a.epoch - b.epoch;",
    test: "a late record of an older epoch is older, however high its position",
  },
  {
    promise: 2,
    does: "A delete advances the indexed half too, so that what is first on its way comes too late.",
    file: "libs/domain/src/manifest-plan.ts",
    before: `    revision: seen.revision,
    policy: seen.policy,
    contentHash: "",`,
    after: `    revision: before ? seen.revision : zeroRevision,
    policy: seen.policy,
    contentHash: "",`,
    test: "chunks that were on their way when their document was deleted are not made live",
  },
  {
    promise: 2,
    does: "A delete empties the list of what is live, and what is not listed is swept.",
    file: "libs/domain/src/manifest-plan.ts",
    before: "    live: [],",
    after: "    live: before?.live ?? [],",
    test: "of what was deleted no point is left",
  },
];
