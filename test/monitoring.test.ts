/** Rules and dashboards are committed as they are generated, and do what they say. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createMetrics, metricNames } from "@tidemark/runtime";
import { parse, stringify } from "yaml";
import { boards, generatedFiles } from "../deploy/monitoring/generated-files.ts";
import { alerts, recordNames, ruleGroups } from "../deploy/monitoring/rule-files.ts";
import { runbookOf } from "../deploy/monitoring/rule.ts";
import { alertCases, type AlertCase } from "./monitoring/alert-cases.ts";
import { metricsAskedFor, processMetrics } from "./monitoring/metrics-asked-for.ts";
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

test("each page on an alert is of an alert", () => {
  const pages = readdirSync(join(root, "docs/runbooks")).filter((name) => name !== "README.md");
  const expected = new Set(names.map(runbookOf));

  expect(pages.filter((name) => !expected.has(`docs/runbooks/${name}`))).toEqual([]);
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
