/**
 * For any small index and any question: what is told to be found is found, and what is told to have
 * lost a document, once it is undone, lets it through to the next step and in the end to the answer.
 */
import { everyTenant, type Filter, type Policy, type SourceName } from "@tidemark/domain";
import {
  anId,
  aQuestion,
  aWorldDocument,
  only,
  SearchedWorld,
  type WorldDocument,
} from "@tidemark/testing";
import * as fc from "fast-check";
import type { SearchRequest, SearchWhyReport } from "../operations.ts";
import type { LossReason } from "../query/lost-document.ts";

const words = ["ebb", "flood", "moon", "slack", "storm", "surge", "tide"] as const;
const text = fc
  .array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 })
  .map((list) => list.join(" "));
const policy: fc.Arbitrary<Policy> = fc.record({
  tenant: fc.constantFrom(everyTenant, everyTenant, "acme", "beta"),
  permissions: fc.constantFrom({ kind: "public" } as const, only("ann"), only("bo"), {
    kind: "unknown",
  } as const),
});
/** Mostly false, so that several things are wrong with a document only now and then. */
const seldom = fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0);
const states = ["absent", "archived", "deleted", "empty", "failed", "waiting"] as const;

const document = fc.record({
  source: fc.constantFrom("files", "files", "wiki", "gone"),
  texts: fc.array(text, { minLength: 1, maxLength: 3 }),
  policy,
  contentPolicy: fc.option(policy, { freq: 5, nil: null }),
  metadata: fc.record({ area: fc.constantFrom("hr", "it"), year: fc.integer({ min: 1, max: 3 }) }),
  state: fc.oneof(
    { arbitrary: fc.constant("searchable" as const), weight: 4 },
    fc.constantFrom(...states),
  ),
  isStale: seldom,
  arePointsLost: seldom,
  areCopiesBehind: seldom,
  isOverlooked: seldom,
});

const question = fc.record({
  query: text,
  limit: fc.integer({ min: 1, max: 4 }),
  per: fc.constantFrom("document" as const, "chunk" as const),
  filter: fc.constantFrom<Filter>(
    {},
    {},
    {},
    { area: "hr" },
    { year: { gte: 2 } },
    { area: "it", year: 1 },
  ),
  sources: fc.constantFrom(null, null, null, ["files"], ["wiki"]) as fc.Arbitrary<
    SourceName[] | null
  >,
  tenant: fc.constantFrom(null, "acme", "beta"),
  principals: fc.constantFrom([], ["ann"], ["ann", "bo"]),
  preferCurrent: fc.constantFrom(0, 0.9),
});

const stepsMax = 20;

test("what is told to be found is what the search finds, and undoing what is told brings it there", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(document, { minLength: 2, maxLength: 9 }),
      question,
      async (parts, asked) => {
        const documents = parts.map(({ contentPolicy, source, ...rest }, at) =>
          aWorldDocument({
            ...rest,
            id: anId(`d${at}`, source),
            ...(contentPolicy ? { contentPolicy } : {}),
          }),
        );
        for (const expected of documents) await untilFound(documents, expected, aQuestion(asked));
      },
    ),
    { numRuns: 80 },
  );
}, 60_000);

async function untilFound(
  documents: readonly WorldDocument[],
  wanted: WorldDocument,
  asked: SearchRequest,
): Promise<void> {
  const world = new SearchedWorld(documents);
  let now: Undone = { document: wanted, request: asked };
  const told: LossReason[] = [];
  while (told.length < stepsMax) {
    const report = await world.why(now.request, wanted.id);
    const isFound = (await world.found(now.request)).includes(wanted.id);
    expect([report.step === "found", report.reason === null]).toEqual([isFound, isFound]);
    if (report.reason === null) return;
    told.push(report.reason);
    now = undo(world, now, { ...report, reason: report.reason });
  }
  throw new Error(`${wanted.id} is not found in the end: ${told.join(", ")}`);
}

interface Undone {
  readonly document: WorldDocument;
  readonly request: SearchRequest;
}

/** What an operator, or whoever asks, would do about it. */
function undo(
  world: SearchedWorld,
  { document: was, request }: Undone,
  { placing, reason, unmet }: SearchWhyReport & { readonly reason: LossReason },
): Undone {
  const asking = (parts: Partial<SearchRequest>) => ({
    document: was,
    request: { ...request, ...parts },
  });
  const writing = (parts: Partial<WorldDocument>) => {
    const next = { ...was, ...parts };
    world.write(next);
    return { document: next, request };
  };
  switch (reason) {
    case "unknownSource":
      world.serve("gone");
      return { document: was, request };
    case "neverSeen":
    case "waiting":
    case "failed":
    case "deleted":
    case "archived":
    case "empty":
      return writing({ state: "searchable" });
    case "points":
      return writing({ arePointsLost: false });
    case "tenant": {
      const { tenant } = was.policy;
      const isAskers = tenant === everyTenant || tenant === request.tenant;
      // Content of another tenant than the document has now is written anew.
      return isAskers ? writing({ contentPolicy: was.policy }) : asking({ tenant });
    }
    case "permissions":
      return asking({ principals: ["ann", "bo"] });
    case "unreadable": {
      const readable = { ...was.policy, permissions: { kind: "public" } } as const;
      return writing({ policy: readable, contentPolicy: readable });
    }
    case "source":
      return asking({ sources: null });
    case "condition": {
      const left = Object.entries(request.filter).filter(([field]) => field !== unmet?.field);
      return asking({ filter: Object.fromEntries(left) });
    }
    case "approximation":
      return asking({ exact: true });
    case "copies":
      return writing({ areCopiesBehind: false });
    case "bound":
      return asking({ limit: request.limit * 2 });
    case "limit":
      return asking({ limit: placing?.rank ?? request.limit * 2 });
    case "preferCurrent":
      return asking({ preferCurrent: 0 });
    case "excluded":
    case "superseded":
    case "changed":
    case "unknown":
      throw new Error(`nothing here is ${reason}`);
  }
}
