import type { ReplayViewWire } from "@tidemark/api";
import {
  aFreshness,
  aGeneration,
  aPlan,
  aReplay,
  aSearchResponse,
  aSource,
  aStatus,
  aWhy,
} from "../fake-answers.ts";
import { aProblem, runFake, startFakeProcess } from "../fake-terminal.ts";

test("a search is asked as it was written and printed as a person reads it", async () => {
  await using process = await startFakeProcess({ "POST /v1/search": aSearchResponse() });
  const environment = { TIDEMARK_URL: process.url, TIDEMARK_KEY: "tm_key" };

  const { exitCode, stdout } = await runFake(
    [
      "search",
      "why",
      "does it return",
      "--limit",
      "3",
      "--per",
      "chunk",
      "--tenant",
      "acme",
      "-p",
      "user:ann",
      "-p",
      "group:hr",
      "--filter",
      "area=hr",
      "--after",
      "w1.x",
      "--wait",
      "5s",
      "--generation",
      "g1",
      "--source",
      "files",
    ],
    { environment },
  );

  expect(exitCode).toBe(0);
  expect(process.asked).toEqual([
    {
      method: "POST",
      path: "/v1/search",
      authorization: "Bearer tm_key",
      body: {
        query: "why does it return",
        limit: 3,
        per: "chunk",
        filter: { area: "hr" },
        sources: ["files"],
        tenant: "acme",
        principals: ["user:ann", "group:hr"],
        after: ["w1.x"],
        waitMs: 5000,
        generation: "g1",
      },
    },
  ]);
  expect(stdout).toMatch(
    /^0\.71 {2}files\/deletes\.md › Tombstones\n {6}A late event .*\ncomplete up to \d\d:\d\d:\d\d, 0\.4 s ago · generation g1\n$/u,
  );
});

test("with --json the answer is passed on as it is", async () => {
  await using process = await startFakeProcess({ "POST /v1/search": aSearchResponse() });

  const { stdout } = await runFake(["search", "a", "--url", process.url, "--json"]);

  expect(JSON.parse(stdout)).toEqual(aSearchResponse());
});

test.each([
  [aProblem(401, "key-missing", "send a key"), 77, "TIDEMARK_KEY"],
  [aProblem(403, "scope-missing", "no scope"), 77, "keys create"],
  [aProblem(429, "overloaded", "the queue is full"), 69, "try again"],
  [aProblem(500, "internal", "not expected"), 1, "request r-1"],
  [{ ...aProblem(400, "x", "bad"), errors: [{ path: "limit", message: "no" }] }, 1, "limit: no"],
])("the problem %j ends with %i and says what to do", async (problem, expected, hint) => {
  await using process = await startFakeProcess({ "POST /v1/search": problem });

  const { exitCode, stderr, stdout } = await runFake(["search", "a", "--url", process.url]);

  expect(exitCode).toBe(expected);
  expect(stderr).toContain(problem.detail);
  expect(stderr).toContain(hint);
  expect(stderr).not.toMatch(/^\s+at /mu);
  expect(stdout).toBe("");
});

test.each([
  ["met", 0],
  ["late", 1],
  ["breached", 2],
  ["unknown", 3],
] as const)("freshness that is %s ends with %i", async (verdict, expected) => {
  const report = aFreshness({ verdict, sources: [aSource({ verdict })] });
  await using process = await startFakeProcess({ "GET /v1/freshness": report });

  const { exitCode } = await runFake(["freshness", "--url", process.url]);

  expect(exitCode).toBe(expected);
});

test("freshness that nobody tells, or that was asked wrongly, is not a verdict", async () => {
  const unreachable = await runFake(["freshness", "--url", "http://127.0.0.1:1"]);
  const mistyped = await runFake(["freshness", "--wacth"]);

  expect(unreachable.exitCode).toBe(3);
  expect(unreachable.stderr).toContain("nobody answers at http://127.0.0.1:1");
  expect(mistyped.exitCode).toBe(3);
  expect(mistyped.stderr).toContain("--watch");
});

test("watching goes on until interrupted, and ends as the last verdict", async () => {
  const verdicts = ["met", "late", "breached"] as const;
  let asked = 0;
  await using process = await startFakeProcess({
    "GET /v1/freshness": () => aFreshness({ verdict: verdicts[asked++] ?? "unknown" }),
  });

  const { exitCode, stdout } = await runFake(
    ["freshness", "--watch", "--json", "--url", process.url],
    { pausesMax: 2 },
  );

  expect(exitCode).toBe(2);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { verdict: string }).verdict)).toEqual(verdicts);
});

test("a document's id is asked for whatever its key contains", async () => {
  const path = "/v1/why/files/a%2Fb%3F%20%F0%9F%8C%8A.md";
  await using process = await startFakeProcess({ [`GET ${path}`]: aWhy() });

  const { exitCode } = await runFake([
    "why",
    "files/a/b? 🌊.md",
    "--url",
    process.url,
    "--tenant",
    "acme",
    "--principal",
    "user:ann",
  ]);

  expect(exitCode).toBe(0);
  expect(process.asked[0]?.path).toBe(`${path}?tenant=acme&principal=user%3Aann`);
});

const building = aPlan({ building: { generation: "g2", share: 0 } });

function buildingStates(states: readonly (readonly [state: string, progress: number | null])[]) {
  let asked = 0;
  return () => {
    const [state, progress] = states[Math.min(asked, states.length - 1)] ?? ["retired", null];
    asked += 1;
    return aStatus({ generations: [aGeneration({ id: "g2", state, progress })] });
  };
}

test("applying tells its progress a line each tenth where there is no terminal", async () => {
  await using process = await startFakeProcess({
    "POST /v1/apply": building,
    "GET /v1/status": buildingStates([
      ["building", 0],
      ["building", 0.05],
      ["building", 0.5],
      ["active", null],
    ]),
  });

  const { exitCode, stdout } = await runFake(["apply", "--url", process.url]);

  expect(exitCode).toBe(0);
  expect(stdout).toBe(
    "building g2 0 %\nbuilding g2 50 %\nbuilding g2 100 %\ngeneration g2 answers now\n",
  );
});

test("on a terminal one line is drawn over itself", async () => {
  await using process = await startFakeProcess({
    "POST /v1/apply": building,
    "GET /v1/status": buildingStates([
      ["building", 0.5],
      ["active", null],
    ]),
  });

  const { stdout } = await runFake(["apply", "--url", process.url], { isTTY: true });

  expect(stdout).toContain(`${"█".repeat(15)}\u001B[0m${"░".repeat(15)} 50 %`);
  expect(stdout.split("\n")).toHaveLength(3);
});

test("a generation that is given up, or needs a person, ends the wait", async () => {
  for (const [state, expected] of [
    ["retired", 1],
    ["ready", 0],
  ] as const) {
    await using process = await startFakeProcess({
      "POST /v1/apply": building,
      "GET /v1/status": buildingStates([[state, null]]),
    });

    const { exitCode } = await runFake(["apply", "--url", process.url]);

    expect(exitCode).toBe(expected);
  }
});

test("a confirmation of deletes says how many were shown", async () => {
  await using process = await startFakeProcess({ "POST /v1/reconcile": { reports: [] } });

  await runFake(["reconcile", "--url", process.url]);
  await runFake(["reconcile", "--source", "files", "--confirm", "11", "--url", process.url]);
  const vague = await runFake(["reconcile", "--confirm", "--url", process.url]);

  expect(process.asked.map(({ body }) => body)).toEqual([
    { confirm: null },
    { source: "files", confirm: 11 },
  ]);
  expect(vague.exitCode).toBe(2);
});

const aReport = {
  id: null,
  generation: "g1",
  dryRun: true,
  documents: 2,
  records: 3,
  bytes: 2000,
  started: false,
};

test("a replay says what it means, and is dry until told otherwise", async () => {
  await using process = await startFakeProcess({ "POST /v1/replay": aReport });

  const vague = await runFake(["replay", "--url", process.url]);
  const dry = await runFake(["replay", "--since", "2h", "--url", process.url]);
  const told = ["--document", "files/a", "--generation", "g2", "--speed", "2.5"];
  await runFake(["replay", ...told, "--yes", "--force", "--url", process.url]);

  expect(vague.exitCode).toBe(2);
  expect(dry.stdout).toContain("3 records of 2 documents, 2.0 kB");
  expect(process.asked.map(({ body }) => body)).toEqual([
    { since: "2026-01-02T01:04:05.000Z", dryRun: true, force: false },
    { document: "files/a", generation: "g2", dryRun: false, force: true, perSecond: 2.5 },
  ]);
});

function replaying(views: readonly Partial<ReplayViewWire>[]) {
  let asked = 0;
  return () => ({ replays: [aReplay(views[Math.min(asked++, views.length - 1)])] });
}

const views: readonly Partial<ReplayViewWire>[] = [
  { share: 0 },
  { share: 0.05, leftMs: 9_000 },
  { share: 0.5, leftMs: 5_000 },
  { state: "done", share: 1, documentsDone: 8 },
];

test("a replay that is watched is told a line each tenth where there is no terminal", async () => {
  await using process = await startFakeProcess({
    "POST /v1/replay": { ...aReport, id: "r1", dryRun: false, started: true },
    "GET /v1/replays": replaying(views),
  });

  const { exitCode, stdout } = await runFake(
    ["replay", "--source", "files", "--yes", "--watch", "--url", process.url],
    {},
  );

  expect(exitCode).toBe(0);
  expect(stdout.split("\n").slice(2)).toEqual([
    "replay r1 0 %",
    "replay r1 50 %",
    "replay r1 100 %",
    "replay r1 is done: 100 %, 8 of 8 documents",
    "",
  ]);
});

test("on a terminal a replay is a bar with the time left, and can be left alone", async () => {
  await using process = await startFakeProcess({ "GET /v1/replays": replaying(views) });

  const { exitCode, stdout } = await runFake(["replay", "watch", "r1", "--url", process.url], {
    isTTY: true,
    pausesMax: 2,
  });

  expect(exitCode).toBe(0);
  expect(stdout).toContain(`${"█".repeat(15)}\u001B[0m${"░".repeat(15)} 50 % · 5.0 s left`);
  expect(stdout.trimEnd().split("\n").at(-1)).toBe(
    "replay r1 is running: 50 %, 2 of 8 documents, 5.0 s left",
  );
});

test("a replay that is cancelled or not there ends the wait", async () => {
  await using process = await startFakeProcess({
    "GET /v1/replays": replaying([{ state: "cancelled" }]),
  });

  for (const id of ["r1", "r2"]) {
    expect((await runFake(["replay", "watch", id, "--url", process.url])).exitCode).toBe(1);
  }
});

test("replays are listed, paused, resumed, cancelled, and sped up while they run", async () => {
  await using process = await startFakeProcess({
    "GET /v1/replays": { replays: [aReplay({ leftMs: 3_000, perSecond: 2 })] },
    "PATCH /v1/replays/r1": aReplay({ state: "paused" }),
  });
  const replay = (...rest: string[]) => runFake(["replay", ...rest, "--url", process.url]);

  const listed = await replay("list");
  const paused = await replay("pause", "r1");
  await replay("resume", "r1");
  await replay("cancel", "r1");
  await replay("speed", "r1", "20");
  await replay("speed", "r1", "full");
  const mistyped = await replay("speed", "r1", "fast");

  expect(listed.stdout).toMatch(/r1 +running +25 % +2 of 8 documents +3\.0 s left +at most 2\/s/u);
  expect(paused.stdout).toBe("replay r1 is paused: 25 %, 2 of 8 documents\n");
  expect(mistyped.exitCode).toBe(2);
  expect(process.asked.slice(1).map(({ body }) => body)).toEqual([
    { state: "paused" },
    { state: "running" },
    { state: "cancelled" },
    { perSecond: 20 },
    { perSecond: null },
  ]);
});

test("dead letters are never retried all by accident", async () => {
  await using process = await startFakeProcess({
    "POST /v1/dead-letters/retry": { retried: 2 },
    "POST /v1/dead-letters/drop": { dropped: 1 },
  });
  const dlq = (...rest: string[]) => runFake(["dlq", ...rest, "--url", process.url]);

  expect((await dlq("retry")).exitCode).toBe(2);
  expect((await dlq("retry", "d1", "--all")).exitCode).toBe(2);
  expect((await dlq("retry", "--all")).stdout).toBe("2 documents asked for again\n");
  expect((await dlq("drop", "d1", "d2")).exitCode).toBe(1);
  expect(process.asked.map(({ body }) => body)).toEqual([
    { ids: "all", force: false },
    { ids: ["d1", "d2"] },
  ]);
});

test("what answers there may not be Tidemark", async () => {
  await using process = await startFakeProcess({});

  const { exitCode, stderr } = await runFake(["status", "--url", process.url]);

  expect(exitCode).toBe(69);
  expect(stderr).toContain("is not Tidemark");
});

test("a doctor that finds something wrong ends with 1", async () => {
  const finding = { check: "disk", detail: "full", fix: "make room" };
  for (const [verdict, expected] of [
    ["fail", 1],
    ["warn", 0],
  ] as const) {
    const findings = [{ ...finding, verdict }];
    await using process = await startFakeProcess({ "GET /v1/doctor": { findings } });

    const { exitCode, stdout } = await runFake(["doctor", "--url", process.url]);

    expect(exitCode).toBe(expected);
    expect(stdout).toBe(`${verdict}  disk: full\n      fix: make room\n`);
  }
});
