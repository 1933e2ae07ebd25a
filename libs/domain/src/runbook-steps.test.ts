import { nextStep, type RunbookKnown } from "./runbook-steps.ts";

const run = { isDryRun: false };
const well = { ...run, pipeline: "well", embedder: "same" } as const;
const found = { ...well, found: { documents: 2, undecided: 0 } };
const asked = { ...found, mending: "asked" } as const;
const verified = { ...asked, left: 0 };

test.each<readonly [string, RunbookKnown, ReturnType<typeof nextStep>]>([
  ["the pipeline is looked at first", run, { take: "pipeline" }],
  ["a pipeline in trouble ends it", { ...run, pipeline: "in-trouble" }, { end: "escalated" }],
  ["then the embedder", { ...run, pipeline: "well" }, { take: "embedder" }],
  [
    "another embedder ends it before anything is embedded",
    { ...run, pipeline: "well", embedder: "another" },
    { end: "escalated" },
  ],
  ["then what is wrong is found", well, { take: "find" }],
  ["nothing is wrong", { ...well, found: { documents: 0, undecided: 0 } }, { end: "nothing" }],
  [
    "nobody knows whether something is wrong",
    { ...well, found: { documents: 0, undecided: 3 } },
    { end: "undecided" },
  ],
  ["what is wrong is mended", found, { take: "mend" }],
  ["a refusal ends it", { ...found, mending: "refused" }, { end: "escalated" }],
  ["what was mended is verified", asked, { take: "verify" }],
  ["what is not right in time ends it", { ...asked, left: 1 }, { end: "escalated" }],
  ["then the whole is proven", verified, { take: "prove" }],
  ["all is right", { ...verified, proof: { faulty: 0, undecided: 0 } }, { end: "done" }],
  [
    "something else is wrong still",
    { ...verified, proof: { faulty: 1, undecided: 1 } },
    { end: "failed" },
  ],
  [
    "nobody knows whether all is right",
    { ...verified, proof: { faulty: 0, undecided: 1 } },
    { end: "undecided" },
  ],
])("%s", (_promise, known, next) => {
  expect(nextStep(known)).toEqual(next);
});

test("a dry run looks on where a run would stop, and mends nothing", () => {
  const looking = { isDryRun: true, pipeline: "in-trouble", embedder: "another" } as const;

  expect(nextStep(looking)).toEqual({ take: "find" });
  expect(nextStep({ ...looking, found: { documents: 1, undecided: 0 } })).toEqual({
    end: "would-mend",
  });
});
