import { aSearchWhy } from "../fake-answers.ts";
import { runFake, startFakeProcess } from "../fake-terminal.ts";

test("why a search lacks a document is asked as the search is, and ends with 1 where it is lost", async () => {
  const lost = aSearchWhy();
  const found = aSearchWhy({ step: "found", reason: null, fix: null });
  let asked = 0;
  await using process = await startFakeProcess({
    "POST /v1/why": () => ((asked += 1) === 1 ? lost : found),
  });
  const ask = (...rest: string[]) =>
    runFake(["why", "--query", "does it return", ...rest, "--url", process.url]);

  const expected = ["--expect", "files/deletes.md", "--limit", "3", "--filter", "area=hr"];
  const first = await ask(...expected, "--tenant", "acme", "-p", "user:ann", "--exact");
  const second = await ask("files/deletes.md", "--json");

  expect([first.exitCode, second.exitCode]).toEqual([1, 0]);
  expect(process.asked.map(({ body }) => body)).toEqual([
    {
      query: "does it return",
      expect: "files/deletes.md",
      limit: 3,
      filter: { area: "hr" },
      tenant: "acme",
      principals: ["user:ann"],
      exact: true,
    },
    { query: "does it return", expect: "files/deletes.md" },
  ]);
  expect(JSON.parse(second.stdout)).toEqual(found);
});

test.each([
  [["--query", "a"], "--expect"],
  [["files/a.md", "--limit", "3"], "--limit is of a search: say which with --query"],
  [["files/a.md", "--exact"], "--exact is of a search"],
])("why of %j is not understood", async (args, said) => {
  const { exitCode, stderr } = await runFake(["why", ...args]);

  expect(exitCode).toBe(2);
  expect(stderr).toContain(said);
});
