import { runFake, startFakeProcess } from "../fake-terminal.ts";

test("an audit says what was asked for, and ends by its verdict", async () => {
  await using process = await startFakeProcess({
    "POST /v1/audit": { certificates: [] },
    "GET /v1/audit": { certificates: [] },
  });

  await runFake(["audit", "--url", process.url]);
  await runFake([
    "audit",
    "--source",
    "files",
    "--sample",
    "5",
    "--repair",
    "--dry-run",
    "--url",
    process.url,
  ]);
  const last = await runFake(["audit", "--last", "--url", process.url]);
  const vague = await runFake(["audit", "--dry-run", "--url", process.url]);

  expect(process.asked.map(({ body }) => body)).toEqual([
    { repair: false, dryRun: false },
    { source: "files", sample: 5, repair: true, dryRun: true },
    undefined,
  ]);
  expect([last.exitCode, vague.exitCode]).toEqual([0, 2]);
});
