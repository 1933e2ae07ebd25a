import { sourceName } from "@tidemark/domain";
import {
  aGeneration,
  anAsker,
  aPolicy,
  aQuestion,
  aRecipe,
  aWorldDocument,
  only,
  wordVector,
  askedText,
  betterDocuments,
  wantedId,
  worldOfWanted,
} from "@tidemark/testing";
import { chunksWithin, explainLoss } from "./explain-loss.ts";
import { searchRanked, type IndexSearch } from "./search.ts";

describe("what is asked", () => {
  test("is about other sources", async () => {
    const report = await worldOfWanted({}).why(
      aQuestion({ sources: [sourceName("wiki")] }),
      wantedId,
    );

    expect(report).toMatchObject({ step: "filter", reason: "source", unmet: null });
    expect(report.fix).toContain("--source files");
  });

  test.each([
    [{ area: "it", year: 2024 }, "year", 2024, "and the document has 2024"],
    [{ area: "it" }, "year", null, "and the document does not have that field"],
  ] as const)("has a condition that %j does not meet", async (metadata, field, value, said) => {
    const world = worldOfWanted({ metadata });
    const filter = { area: ["hr", "it"], year: { gte: 2025 } };

    const report = await world.why(aQuestion({ filter }), wantedId);

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
    const world = worldOfWanted(
      { isOverlooked: true },
      ...betterDocuments(2, { texts: ["a storm"] }),
    );

    const report = await world.why(aQuestion({ limit: 1 }), wantedId);
    const exact = await world.why(aQuestion({ limit: 1, exact: true }), wantedId);

    expect(report).toMatchObject({
      step: "candidates",
      reason: "approximation",
      placing: { rank: 1, score: 1 },
    });
    expect(report.fix).toContain("--exact");
    expect(exact.step).toBe("found");
  });

  test("it was not, where it came while the search was explained", async () => {
    const world = worldOfWanted({ state: "absent" }, ...betterDocuments(1, { texts: ["a storm"] }));
    const search: IndexSearch = {
      ...aQuestion({ limit: 1 }),
      generation: { id: aGeneration, recipe: aRecipe } as IndexSearch["generation"],
      vector: wordVector(askedText),
      asker: anAsker(),
      tenants: null,
    };
    const searched = await searchRanked(world.index, search);
    world.write(aWorldDocument({ id: wantedId }));
    const [manifest] = await world.index.manifests(aGeneration, [wantedId]);
    if (!manifest) throw new Error("it was written");
    const listed = await chunksWithin(world.index, search, manifest);

    const told = { isTold: true, listed, manifest, searched };
    const loss = await explainLoss(world.index, search, told);

    expect(loss).toMatchObject({ step: "candidates", reason: "changed", fix: "ask again" });
  });

  test("it is not, where its points carry an older policy", async () => {
    const report = await worldOfWanted({ areCopiesBehind: true }).why(aQuestion(), wantedId);

    expect(report).toMatchObject({ step: "candidates", reason: "copies" });
    expect(report.explanation).toContain("of revision 1.2; those of revision 1.3 follow");
  });

  test("it is not, where others are refused until the search may fetch no more", async () => {
    const hidden = betterDocuments(60, { contentPolicy: aPolicy({ permissions: only("bo") }) });
    const world = worldOfWanted({ texts: ["the tide"] }, ...hidden);

    const report = await world.why(aQuestion({ limit: 1 }), wantedId);

    expect(report).toMatchObject({ step: "candidates", reason: "bound", placing: { rank: 1 } });
    expect(report.explanation).toContain("after 36 documents");
    expect(report.explanation).toContain("too many candidates were refused");
  });
});

describe("among the ranks", () => {
  test("it is beyond the limit, by how much, and that the words differ", async () => {
    const world = worldOfWanted({ texts: ["a storm"] }, ...betterDocuments(7));

    const report = await world.why(aQuestion({ limit: 2 }), wantedId);

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
    const world = worldOfWanted({ texts: ["a storm"] }, ...betterDocuments(1_600));

    const report = await world.why(aQuestion({ limit: 1 }), wantedId);

    expect(report).toMatchObject({ step: "rank", reason: "limit", placing: { rank: null } });
    expect(report.explanation).toContain("beyond rank 500");
  });

  test("it is lowered by a newer revision that is on its way", async () => {
    const world = worldOfWanted({ isStale: true }, ...betterDocuments(1));

    const report = await world.why(aQuestion({ limit: 1, preferCurrent: 0.9 }), wantedId);

    expect(report).toMatchObject({ step: "rank", reason: "preferCurrent", placing: { rank: 2 } });
    expect(report.explanation).toContain("lowered its score from 1.000 to 0.100");
  });
});
