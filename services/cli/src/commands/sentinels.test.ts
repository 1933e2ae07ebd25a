import { runFake, startFakeProcess } from "../fake-terminal.ts";

test.each([
  [[], 0, "nothing has changed"],
  [
    [
      {
        cause: "weights",
        severity: "severe",
        detail: "150 of 150 sentinels moved",
        since: "2026-01-02T02:04:05.000Z",
      },
    ],
    1,
    "weights, severe, since 1.0 h ago: 150 of 150 sentinels moved",
  ],
] as const)("sentinels end with what they found: %#", async (findings, expected, said) => {
  const report = {
    everyMs: 3_600_000,
    generations: [
      {
        generation: "g1",
        state: "active",
        baselineAt: "2026-01-01T03:04:05.000Z",
        isBaselineLate: false,
        ranAt: "2026-01-02T03:04:00.000Z",
        tookMs: 900,
        sentinels: 150,
        distances: [{ quantile: 1, distance: 0.0001 }],
        questions: 24,
        overlap: 0.99,
        recall: 1,
        findings: [...findings],
      },
    ],
  };
  await using process = await startFakeProcess({ "POST /v1/sentinels/run": report });

  const { exitCode, stdout } = await runFake(["sentinels", "--now", "--url", process.url]);

  expect(exitCode).toBe(expected);
  expect(stdout).toContain(said);
  expect(stdout).toContain("99 % of the top 10 as at the run before");
});
