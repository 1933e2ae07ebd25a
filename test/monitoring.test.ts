/** Rules and dashboards are committed as they are generated, and do what they say. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runbookNames } from "@tidemark/domain";
import { createMetrics, metricNames } from "@tidemark/runtime";
import { parse, stringify } from "yaml";
import { boards, generatedFiles } from "../deploy/monitoring/generated-files.ts";
import { budgetLeftRecord } from "../deploy/monitoring/objective-rules.ts";
import { alerts, recordNames, ruleGroups } from "../deploy/monitoring/rule-files.ts";
import { runbookOf } from "../deploy/monitoring/rule.ts";
import { alertCases, type AlertCase } from "./monitoring/alert-cases.ts";
import { metricsAskedFor, processMetrics } from "./monitoring/metrics-asked-for.ts";
import {
  endMinutes,
  lookEvery,
  monthThenStall,
  type Month,
} from "./monitoring/month-then-stall.ts";
import { findPromtool } from "./monitoring/promtool.ts";
import { describeWith } from "./servers/available.ts";

const root = resolve(import.meta.dirname, "..");
const rulesFolder = join(root, "deploy/prometheus/rules");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const names = alerts.map(({ alert }) => alert);
const known = new Set<string>([...Object.values(metricNames), ...recordNames, ...processMetrics]);
const queries = boards.flatMap(({ rows }) =>
  Object.values(rows).flatMap((panels) => panels.flatMap((panel) => Object.values(panel.queries))),
);
const unknownIn = (expr: string) => metricsAskedFor(expr).filter((name) => !known.has(name));

test.each([...generatedFiles()])("%s is as it is generated: `npm run monitoring`", (path, text) => {
  expect(existsSync(join(root, path)) ? read(path) : null).toBe(text);
});

test("nothing else lies beside what is generated", () => {
  const lying = ["deploy/prometheus/rules", "deploy/grafana/dashboards"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name !== "README.md")
      .map((name) => `${folder}/${name}`),
  );

  expect(lying.filter((path) => !generatedFiles().has(path))).toEqual([]);
});

test("each alert has a name of its own, and a page that says what to do", () => {
  const wrong = names.filter((name) => {
    const page = runbookOf(name);
    const parts = ["## Meaning", "## Confirm", "## Do", "## Escalate", `\`${name}\``];
    return !existsSync(join(root, page)) || parts.some((part) => !read(page).includes(part));
  });

  expect(new Set(names).size).toBe(names.length);
  expect(wrong).toEqual([]);
});

test("each page is of an alert or of a runbook that is a command", () => {
  const pages = readdirSync(join(root, "docs/runbooks")).filter((name) => name !== "README.md");
  const commands = runbookNames.map((name) => `docs/runbooks/${name}.md`);
  const expected = new Set([...names.map(runbookOf), ...commands]);

  expect(pages.filter((name) => !expected.has(`docs/runbooks/${name}`))).toEqual([]);
  expect(commands.filter((page) => !existsSync(join(root, page)))).toEqual([]);
});

test("each alert has series that it fires for, and series that it does not fire for", () => {
  expect(Object.keys(alertCases).toSorted()).toEqual(names.toSorted());
});

test("each metric is set by something", () => {
  const all = createMetrics({ processDefaults: false });
  const files = ["libs", "services"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => /^[a-z]+\/src\/.*(?<!\.test)\.ts$/u.test(path))
      .map((path) => `${folder}/${path}`),
  );
  const code = files.map(read).join("\n");
  const isSet = (name: string) =>
    new RegExp(
      `etrics\\.${name}\\s*\\.(set|inc|observe)\\(|setState\\([\\w.#]*etrics\\.${name},`,
      "u",
    ).test(code);

  const { registry: _registry, ...metrics } = all;
  expect(Object.keys(metrics).filter((name) => !isSet(name))).toEqual([]);
});

test("rules ask for metrics that there are", () => {
  const rules = Object.values(ruleGroups).flatMap((groups) =>
    groups.flatMap((group) => group.rules),
  );

  expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
});

test("panels ask for metrics that there are, each query under a legend of its own", () => {
  expect(queries.length).toBeGreaterThan(30);
  expect(queries.flatMap(unknownIn)).toEqual([]);
});

test("a name that is no metric is noticed in a query", () => {
  const expr = 'sum by (source) (rate(tidemark_nothing_total{kind="a"}[5m])) / up';

  expect(unknownIn(expr)).toEqual(["tidemark_nothing_total"]);
});

describeWith("promtool", findPromtool(), (promtool) => {
  test("finds every rule right", () => {
    const files = readdirSync(rulesFolder).map((name) => join(rulesFolder, name));

    expect(promtool().run("check", "rules", ...files)).toContain("SUCCESS");
  });

  test("reads every query of a panel", () => {
    const scratch = mkdtempSync(join(tmpdir(), "tidemark-queries-"));
    try {
      const file = join(scratch, "queries.yml");
      const rules = queries.map((expr, at) => ({ record: `query:${at}`, expr }));
      writeFileSync(file, stringify({ groups: [{ name: "queries", rules }] }));

      expect(promtool().run("check", "rules", file)).toContain(`${queries.length} rules found`);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  test.each(Object.entries(alertCases))(
    "%s fires when it should, and not close by",
    (name, cases) => {
      const scratch = mkdtempSync(join(tmpdir(), "tidemark-alerts-"));
      const file = join(scratch, "test.yml");
      try {
        for (const [firing, each] of [
          [1, cases.fires],
          [0, cases.quiet],
        ] as const) {
          writeFileSync(file, unitTest(name, each, firing));
          expect(promtool().run("test", "rules", file)).toContain("SUCCESS");
        }
      } finally {
        rmSync(scratch, { recursive: true });
      }
    },
  );

  // A stall of each part looks the same to the rules: what was changed meanwhile is late.
  test.each([
    ["a change a second, and 15 minutes of a stall", { perMinute: 60, stalled: 15 }, "page"],
    ["a change a minute, and 15 minutes of a stall", { perMinute: 1, stalled: 15 }, "page"],
    ["a change a second, and 5 minutes of a stall", { perMinute: 60, stalled: 5 }, null],
  ] as const)("after 30 days of %s, budget is left when the page is due", (_, month, alert) => {
    const scratch = mkdtempSync(join(tmpdir(), "tidemark-stall-"));
    try {
      const file = join(scratch, "test.yml");
      writeFileSync(file, stallTest(month, alert));

      expect(promtool().run("test", "rules", file)).toContain("SUCCESS");
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});

function unitTest(name: string, { at, every = "1m", series }: AlertCase, firing: number): string {
  const file = Object.keys(ruleGroups).find((each) =>
    JSON.stringify(parse(read(`deploy/prometheus/rules/${each}`))).includes(`"${name}"`),
  );
  return stringify({
    rule_files: [join(rulesFolder, file ?? "")],
    evaluation_interval: every,
    tests: [
      {
        interval: every,
        input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
        promql_expr_test: [
          {
            expr: `count by (alertname) (ALERTS{alertname="${name}",alertstate="firing"})`,
            eval_time: at,
            exp_samples: firing === 0 ? [] : [{ labels: `{alertname="${name}"}`, value: firing }],
          },
        ],
      },
    ],
  });
}

/** Of the page, and of the budget as it is recorded for the board. */
function stallTest(month: Month, alert: "page" | null): string {
  const labels = '{source="files",kind="change"}';
  const { all, late } = monthThenStall(month);
  const at = { eval_time: `${endMinutes}m` };
  const page = `count by (severity) (ALERTS{alertname="TidemarkFreshnessFastBurn",alertstate="firing"})`;
  const firing = alert === null ? [] : [{ labels: `{severity="${alert}"}`, value: 1 }];
  // A part of it is left, and not all.
  const isTrue = [{ labels, value: 1 }];
  return stringify({
    rule_files: [join(rulesFolder, "objectives.yml")],
    evaluation_interval: lookEvery,
    tests: [
      {
        interval: "1m",
        input_series: [
          { series: `tidemark_changes_total${labels}`, values: all },
          { series: `tidemark_changes_late_total${labels}`, values: late },
          { series: `tidemark_objective_ratio${labels}`, values: `0.99x${endMinutes}` },
        ],
        promql_expr_test: [
          { ...at, expr: page, exp_samples: firing },
          { ...at, expr: `${budgetLeftRecord} > bool 0`, exp_samples: isTrue },
          { ...at, expr: `${budgetLeftRecord} < bool 1`, exp_samples: isTrue },
        ],
      },
    ],
  });
}
