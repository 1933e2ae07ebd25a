import { sourceName } from "@tidemark/domain";
import {
  aGeneration,
  anAsker,
  anId,
  aPolicy,
  aQuestion,
  aRecipe,
  aWorldDocument,
  only,
  SearchedWorld,
  wordVector,
  type WorldDocument,
} from "@tidemark/testing";
import { chunksWithin, explainLoss } from "./explain-loss.ts";
import { searchRanked, type IndexSearch } from "./search.ts";

const wanted = anId("wanted.md");
const tide = "the tide comes in";

function worldOf(document: Partial<WorldDocument>, ...others: readonly WorldDocument[]) {
  return new SearchedWorld([aWorldDocument({ id: wanted, ...document }), ...others]);
}

/** Documents that answer the question better. */
function better(count: number, parts: Partial<WorldDocument> = {}): WorldDocument[] {
  return Array.from({ length: count }, (_, at) =>
    aWorldDocument({ id: anId(`better-${at}.md`), texts: [`${tide} now`], ...parts }),
  );
}

describe("what is asked", () => {
  test("is about other sources", async () => {
    const report = await worldOf({}).why(aQuestion({ sources: [sourceName("wiki")] }), wanted);

    expect(report).toMatchObject({ step: "filter", reason: "source", unmet: null });
    expect(report.fix).toContain("--source files");
  });

  test.each([
    [{ area: "it", year: 2024 }, "year", 2024, "and the document has 2024"],
    [{ area: "it" }, "year", null, "and the document does not have that field"],
  ] as const)("has a condition that %j does not meet", async (metadata, field, value, said) => {
    const world = worldOf({ metadata });
    const filter = { area: ["hr", "it"], year: { gte: 2025 } };

    const report = await world.why(aQuestion({ filter }), wanted);

    expect(report).toMatchObject({
      step: "filter",
      reason: "condition",
      unmet: { field, condition: { gte: 2025 }, value },
    });
    expect(report.explanation).toContain(said);
  });
});

describe("among the candidates", () => {
  test("it is not, where an approximate search overlooks it", async () => {
    const world = worldOf({ isOverlooked: true }, ...better(2, { texts: ["a storm"] }));

    const report = await world.why(aQuestion({ limit: 1 }), wanted);
    const exact = await world.why(aQuestion({ limit: 1, exact: true }), wanted);

    expect(report).toMatchObject({
      step: "candidates",
      reason: "approximation",
      placing: { rank: 1, score: 1 },
    });
    expect(report.fix).toContain("--exact");
    expect(exact.step).toBe("found");
  });

  test("it was not, where it came while the search was explained", async () => {
    const world = worldOf({ state: "absent" }, ...better(1, { texts: ["a storm"] }));
    const search: IndexSearch = {
      ...aQuestion({ limit: 1 }),
      generation: { id: aGeneration, recipe: aRecipe } as IndexSearch["generation"],
      vector: wordVector(tide),
      asker: anAsker(),
      tenants: null,
    };
    const searched = await searchRanked(world.index, search);
    world.write(aWorldDocument({ id: wanted }));
    const [manifest] = await world.index.manifests(aGeneration, [wanted]);
    if (!manifest) throw new Error("it was written");
    const listed = await chunksWithin(world.index, search, manifest);

    const told = { isTold: true, listed, manifest, searched };
    const loss = await explainLoss(world.index, search, told);

    expect(loss).toMatchObject({ step: "candidates", reason: "changed", fix: "ask again" });
  });

  test("it is not, where its points carry an older policy", async () => {
    const report = await worldOf({ areCopiesBehind: true }).why(aQuestion(), wanted);

    expect(report).toMatchObject({ step: "candidates", reason: "copies" });
    expect(report.explanation).toContain("of revision 1.2; those of revision 1.3 follow");
  });

  test("it is not, where others are refused until the search may fetch no more", async () => {
    const hidden = better(60, { contentPolicy: aPolicy({ permissions: only("bo") }) });
    const world = worldOf({ texts: ["the tide"] }, ...hidden);

    const report = await world.why(aQuestion({ limit: 1 }), wanted);

    expect(report).toMatchObject({ step: "candidates", reason: "bound", placing: { rank: 1 } });
    expect(report.explanation).toContain("after 36 documents");
    expect(report.explanation).toContain("too many candidates were refused");
  });
});

describe("among the ranks", () => {
  test("it is beyond the limit, by how much, and that the words differ", async () => {
    const world = worldOf({ texts: ["a storm"] }, ...better(7));

    const report = await world.why(aQuestion({ limit: 2 }), wanted);

    const { placing } = report;
    expect(report).toMatchObject({ step: "rank", reason: "limit", placing: { rank: 8, limit: 2 } });
    expect(placing?.score).toBeLessThan(placing?.lastScore ?? 0);
    expect(report.explanation).toMatch(
      /^it is at rank 8 of the 2 asked for, with -?0\.\d+; the last/u,
    );
    expect(report.fix).toContain("ask for 8 or more");
    expect(report.hints.join()).toContain("differ in words");
  });

  test("it is beyond all that are looked at", async () => {
    const world = worldOf({ texts: ["a storm"] }, ...better(1_600));

    const report = await world.why(aQuestion({ limit: 1 }), wanted);

    expect(report).toMatchObject({ step: "rank", reason: "limit", placing: { rank: null } });
    expect(report.explanation).toContain("beyond rank 500");
  });

  test("it is lowered by a newer revision that is on its way", async () => {
    const world = worldOf({ isStale: true }, ...better(1));

    const report = await world.why(aQuestion({ limit: 1, preferCurrent: 0.9 }), wanted);

    expect(report).toMatchObject({ step: "rank", reason: "preferCurrent", placing: { rank: 2 } });
    expect(report.explanation).toContain("lowered its score from 1.000 to 0.100");
  });
});
