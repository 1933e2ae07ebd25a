import {
  anObjective,
  pendingChanges,
  aFreshness,
  aHit,
  aPlan,
  aSearchResponse,
  aSearchWhy,
  aSource,
  aStatus,
  aWhy,
} from "../fake-answers.ts";
import { fakeNowMs } from "../fake-terminal.ts";
import { ago, count, duration, price, share, size } from "./amounts.ts";
import { filterOf } from "./filter-argument.ts";
import { freshnessText } from "./freshness-text.ts";
import { planText, reconcileText } from "./operation-text.ts";
import { clipped, passage, printable } from "./printable.ts";
import { searchWhyText } from "./search-why-text.ts";
import { searchText } from "./search-text.ts";
import { statusText } from "./status-text.ts";
import { whyText } from "./why-text.ts";

const paint = (_color: string, text: string) => text;
const options = { paint, width: 80, nowMs: fakeNowMs };

test.each([
  [0, "0 ms"],
  [40.4, "40 ms"],
  [400, "0.4 s"],
  [12_340, "12 s"],
  [90_000, "1.5 min"],
  [7_200_000, "2.0 h"],
  [3 * 86_400_000, "3.0 days"],
])("%i ms are %s", (ms, expected) => {
  expect(duration(ms)).toBe(expected);
});

test("amounts carry their units", () => {
  expect([size(999), size(1_953_000), size(12_000_000_000)]).toEqual(["999 B", "2.0 MB", "12 GB"]);
  expect([count(1, "chunk"), count(1200, "chunk")]).toEqual(["1 chunk", "1,200 chunks"]);
  expect([share(0.99), share(0.9999999), share(0)]).toEqual(["99 %", "99.99 %", "0 %"]);
  expect(price({ amount: 0.00082, currency: "USD" })).toBe("0.00082 USD");
  expect(ago("2030-01-01T00:00:00Z", fakeNowMs)).toBe("0 ms ago");
});

test("no document can write on the terminal what it likes", () => {
  const hostile = "a\u001B[31mred\nnext\u202Eback\u0007";

  expect(printable(hostile)).toBe("a\\u{1b}[31mred\\nnext\\u{202e}back\\u{7}");
  const [head, text] = searchText(
    aSearchResponse({ results: [aHit({ documentId: `files/${hostile}`, snippet: hostile })] }),
    options,
  );
  // eslint-disable-next-line no-control-regex
  expect(`${head}${text}`).not.toMatch(/[\u0000-\u001F\u202E]/u);
});

test("a passage is one line, cut between whole characters", () => {
  expect(passage("  two\n\n lines\t")).toBe("two lines");
  expect(clipped("short", 10)).toBe("short");
  expect(clipped("👩‍👩‍👧‍👧👩‍👩‍👧‍👧👩‍👩‍👧‍👧👩‍👩‍👧‍👧", 3)).toBe("👩‍👩‍👧‍👧 …");
});

test("an answer that is not whole says so", () => {
  const text = searchText(
    aSearchResponse({
      results: [aHit({ stale: true })],
      complete: false,
      incompleteReason: "8 rounds were made",
      completeUpTo: null,
      after: [{ documentId: "app/a", token: "w1.x", status: "failed", reason: "size-limit" }],
      restrictionsLate: true,
    }),
    options,
  ).join("\n");

  expect(text).toContain("(a newer revision is on its way)");
  expect(text).toContain("app/a is failed: size-limit");
  expect(text).toContain("incomplete: 8 rounds were made");
  expect(text).toContain("restrictions are applied later");
  expect(text).toContain("how complete it is cannot be said · generation g1");
  expect(searchText(aSearchResponse({ results: [] }), options)[0]).toBe("nothing found");
});

test("freshness says what is left of the budget, and whose turn the oldest change is", () => {
  const text = freshnessText(
    aFreshness({
      troubles: [{ part: "embedder", trouble: "no answer" }],
      sources: [
        aSource({
          tenants: [{ tenant: "acme", completeUpTo: null, lagMs: 400 }],
          embeddingAge: {
            at: "2026-01-02T03:02:04.600Z",
            points: 318,
            p50Ms: 3_600_000,
            p90Ms: 7_200_000,
            p99Ms: 86_400_000,
            oldestMs: 172_800_000,
          },
          pendingChanges: pendingChanges({
            pending: 3,
            late: 1,
            oldest: {
              documentId: "files/a.md",
              tenant: null,
              kind: "change",
              since: "2026-01-02T03:02:34.600Z",
              stage: "embed",
              waitsFor: "embedder",
              trouble: "no answer",
            },
            stages: { observe: 0, queue: 1, chunk: 0, embed: 2, write: 0, visible: 0 },
            objectives: [anObjective({ late: 2, budgetLeft: 0.5, alert: "page" })],
          }),
        }),
      ],
    }),
    (_color, text) => text,
  ).join("\n");

  expect(text).toContain("files changes 99 % within 60 s: 2 late, 50 % of the budget of");
  expect(text).toContain("(page)");
  expect(text).toContain(
    "oldest pending 1.5 min, at embed, waits for the embedder: no answer (queue 1 · embed 2)",
  );
  expect(text).toContain("embedder: no answer");
  expect(text).toContain("files of acme lag 0.4 s");
  expect(text).toContain(
    "files vectors: half younger than 1.0 h, 99 % than 1.0 days, the oldest 2.0 days (318 points, counted 2.0 min ago)",
  );
});

const aProbe = {
  documentId: "files/tidemark-probe.md",
  outcome: "found",
  at: "2026-01-02T03:04:02.400Z",
  writtenAt: "2026-01-02T03:04:00.000Z",
  lagMs: 2_400,
  hiddenMs: 300,
  reason: null,
  everyMs: 60_000,
  withinMs: 60_000,
} as const;

test.each([
  [{}, "files probe of 4.6 s ago found after 2.4 s, gone 0.3 s after its delete"],
  [{ outcome: "late", lagMs: null }, "files probe of 4.6 s ago late: not found within 60 s"],
  [
    { outcome: "late", lagMs: 61_000 },
    "files probe of 4.6 s ago late: found after 1.0 min, not within 60 s",
  ],
  [
    { outcome: "lasting", hiddenMs: null },
    "files probe of 4.6 s ago deleted and still found, not gone within 60 s",
  ],
  [
    { outcome: "lasting", hiddenMs: 61_000 },
    "files probe of 4.6 s ago gone 1.0 min after its delete, not within 60 s",
  ],
  [
    { outcome: "unwritable", lagMs: null, reason: "EROFS" },
    "files probe of 4.6 s ago could not be written: EROFS",
  ],
  [
    { outcome: "unanswered", lagMs: null, reason: "503" },
    "files probe of 4.6 s ago late: no search was answered within 60 s: 503",
  ],
] as const)("how a probe went is a line of its own", (changes, line) => {
  const sources = [aSource({ probe: { ...aProbe, ...changes } })];

  expect(freshnessText(aFreshness({ sources }), paint)).toContain(line);
});

test("the story of a document begins with what matters", () => {
  const [headline, ...rest] = whyText(aWhy(), options);

  expect(headline).toBe(
    "revision 2 is searchable, 0.4 s after the change · 8 chunks: 7 kept, 1 embedded, 1 removed",
  );
  const text = rest.join("\n");
  expect(text).toContain("revision 1.2  upsert  change");
  expect(text).toMatch(/upserter {2}indexed {2}g1 {2}queue 20 ms, embed 0\.3 s/u);
});

test.each([
  ["neverSeen", "no source ever had it", "never seen: no source ever had it", "reconcile"],
  ["held", "its source lists it no more", "held: its source lists it no more", "reconcile"],
  ["denied", "not allowed", "denied: not allowed", "--principal"],
  ["failed", "size-limit: too large", "failed: size-limit: too large", "dlq"],
  ["archived", "it is archived", "archived: it is archived", ""],
] as const)(
  "a document that is %s is told why, and what next",
  (standing, explanation, why, hint) => {
    const text = whyText(aWhy({ standing, explanation, manifest: null, receipts: [] }), options);

    expect(text[0]).toBe(`files/deletes.md is not found · ${why}`);
    expect(text.at(-1)).toContain(hint);
  },
);

test("where a search lost a document is told with its nearest chunk, and what next", () => {
  expect(searchWhyText(aSearchWhy(), options)).toEqual([
    "files/deletes.md is not found · outranked: it is at rank 12 of the 10 asked for, with 0.400; " +
      "the last that got in has 0.500",
    "  nearest chunk: 4 of 8, with 0.400 › Tombstones",
    "      A late event for a deleted page must meet its tombstone.",
    "generation g1 · revision 1.2 is live",
    "",
    "next: ask for 12 or more (--limit), or narrow what is searched (--filter, --source)",
  ]);
});

test("a document that waits is told with the part that it waits for, and a newer revision is named", () => {
  const text = searchWhyText(
    aSearchWhy({
      step: "known",
      reason: "waiting",
      explanation: "it was seen and waits to be embedded",
      revision: { seen: { epoch: 1, position: 3 }, indexed: null },
      nearest: null,
      waiting: {
        stage: "embed",
        waitsFor: "embedder",
        trouble: "no answer",
        since: "2026-01-02T03:02:35.000Z",
      },
      hints: ["quality and not freshness"],
    }),
    options,
  ).join("\n");

  expect(text).toContain("is not found · not there: it was seen and waits to be embedded");
  expect(text).toContain("waits at embed for the embedder, since 1.5 min ago: no answer");
  expect(text).toContain("no revision is live, the newest is 1.3");
  expect(text).toContain("quality and not freshness");
});

test("freshness is a line a source", () => {
  const report = aFreshness({
    sources: [
      aSource(),
      aSource({
        source: "app",
        pending: 1200,
        failed: 2,
        held: 11,
        lagMs: null,
        verdict: "unknown",
      }),
    ],
  });

  expect(freshnessText(report, paint)).toEqual(
    [
      "files   lag 0.4 s     pending 0                           99 % within 60 s: met",
      "app     lag unknown   pending 1,200 · 11 held · 2 failed   99 % within 60 s: cannot tell",
    ].map((line) => expect.stringMatching(loosely(line))),
  );
});

/** Columns are as wide as they need to be. */
function loosely(line: string): RegExp {
  const words = line.split(/ {3,}/u).map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/gu, "\\$&"));
  return new RegExp(`^${words.join(" {3,}")}$`, "u");
}

test("a plan shows what changed and what it takes", () => {
  const text = planText(aPlan()).join("\n");

  expect(text).toContain("model  minilm → text-embedding-3-small");
  expect(text).toMatch(/tokens +41,000/u);
  expect(text).toMatch(/price +0\.00082 USD/u);
  expect(text).toMatch(/time +about 1\.5 min/u);
  expect(planText(aPlan({ needed: false }))[0]).toContain("nothing to do");
});

test("deletes that were held are counted with the way to apply them", () => {
  const report = { source: "files", listed: 9, missing: 0, stale: 0, orphaned: 11, applied: 0 };
  const held = { held: 11, heldReason: "11 of 20 are gone", tookMs: 40 };

  expect(reconcileText({ reports: [{ ...report, ...held }] }, paint)[1]).toBe(
    `  11 deletes held: 11 of 20 are gone · tidemark reconcile --source ${report.source} --confirm 11 applies them`,
  );
});

test("status names what is wrong last, where it is read", () => {
  const text = statusText(aStatus({ problems: ["the disk is full"] }), options);

  expect(text.at(-1)).toBe("problem: the disk is full");
  expect(text.join("\n")).toMatch(/chunker +g1 +running +1,200 waiting/u);
});

test("filters are conditions on fields", () => {
  const written = ["area=hr", "area=it", "year>=2024", "year<2026", "open=true", 'code="5"'];

  expect(filterOf([...written, "state!=closed", "note=a=b"])).toEqual({
    area: ["hr", "it"],
    year: { gte: 2024, lt: 2026 },
    open: true,
    code: "5",
    state: { not: "closed" },
    note: "a=b",
  });
  expect(() => filterOf(["=5"])).toThrow("field=value");
  expect(() => filterOf(["a=1", "a>2"])).toThrow("has a value already");
});
