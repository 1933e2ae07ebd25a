/** What the boards ask is answered: by a real Prometheus, of a real run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { metricNames as names } from "@tidemark/runtime";
import { eventually } from "@tidemark/testing";
import { parse, stringify } from "yaml";
import { boards } from "../../deploy/monitoring/generated-files.ts";
import { ruleFiles } from "../../deploy/monitoring/rule-files.ts";
import { EmbeddedDeployment } from "../e2e/support/embedded-deployment.ts";
import { describeWith } from "../servers/available.ts";
import { findPrometheus } from "../servers/prometheus.ts";

const testMs = 60_000;
const answeredWithinMs = 45_000;

/** Panels, or queries by their legend, that one well process on a folder has nothing to say to. */
const nothingToSay: Readonly<Record<string, string>> = {
  "Log that a database keeps": "needs Postgres",
  "Embedder service: time of a request": "needs the embedder as a service",
  "Tries again, and set aside": "nothing failed",
  "Set aside now": "nothing was set aside",
  "Searches that stopped at a bound": "no search did",
  "lost · {{source}}": "a folder has no events of its own to lose",
  "Faults by the last audit": "the first audit is a day away",
  "Since the last audit": "the first audit is a day away",
  "Ten best of fixed questions, in common with before": "needs a second run of the sentinels",
  "Money spent, and saved": "the model of this machine has no price",
};

/** Metrics that one well process on a folder does not tell. */
const untold: Readonly<Record<string, string>> = {
  [names.deadLetters]: "nothing was set aside",
  [names.deadLettersKept]: "nothing was set aside",
  [names.retries]: "nothing failed",
  [names.displaced]: "nothing was displaced",
  [names.eventsLost]: "a folder has no events of its own to lose",
  [names.searchIncomplete]: "no search stopped at a bound",
  [names.slotKept]: "needs Postgres",
  [names.embedCostSaved]: "nothing was saved yet",
  [names.embedderRequests]: "needs the embedder as a service",
  [names.embedderTexts]: "needs the embedder as a service",
  [names.embedderTokens]: "needs the embedder as a service",
  [names.embedderRequest]: "needs the embedder as a service",
  [names.embedderRun]: "needs the embedder as a service",
  [names.auditFaults]: "the first audit is a day away",
  [names.auditEnd]: "the first audit is a day away",
  [names.benchmarkOverlap]: "needs a second run of the sentinels",
  [names.rehearsalEnd]: "no runbook was rehearsed",
};

describeWith("the boards", findPrometheus(), (prometheus) => {
  test(
    "every query of a panel has an answer and every metric is told while one process works",
    async () => {
      await using deployment = await EmbeddedDeployment.start({
        files: { probe: { every: "5s", within: "5s" } },
        documents: { "mill.md": "The mill grinds.", "weir.md": "The weir holds the water back." },
      });
      const { url } = JSON.parse(
        readFileSync(join(deployment.dataDirectory, "process.json"), "utf8"),
      ) as { readonly url: string };
      const scrape = async () => (await fetch(`${url}/metrics`)).text();
      await using server = await prometheus().scrape(new URL(url).host, rulesAtOnce());

      let written = 0;
      const unsaid = await eventually(
        async () => {
          written += 1;
          await deployment.putFile("mill.md", `The mill grinds for the ${written}th time.`);
          await (written % 2 === 0
            ? deployment.putFile("gate.md", "The gate is open.")
            : deployment.deleteFile("gate.md").catch(() => {}));
          await deployment.api.search({ query: "Who grinds?" });
          const silent = await unanswered((expr) => server.values(expr));
          const left = [...silent, ...untoldBy(await scrape())];
          if (left.length > 0) throw new Error(`no answer to: ${left.join(", ")}`);
          return left;
        },
        { withinMs: answeredWithinMs, everyMs: 1_000 },
      );

      expect(unsaid).toEqual([]);
    },
    testMs,
  );
});

/** Declared, and without a series. */
function untoldBy(scrape: string): readonly string[] {
  const lines = scrape.split("\n").filter((line) => !line.startsWith("#"));
  const told = (name: string) =>
    lines.some((line) => new RegExp(`^${name}(_bucket)?[{ ]`, "u").test(line));
  return Object.values(names).filter((name) => !(name in untold) && !told(name));
}

/** As Prometheus loads them, and none evaluated more seldom than the others. */
function rulesAtOnce(): ReadonlyMap<string, string> {
  return new Map(
    [...ruleFiles()].map(([name, text]) => {
      const { groups } = parse(text) as { readonly groups: readonly { interval?: string }[] };
      const rest = groups.map(({ interval: _interval, ...group }) => group);
      return [name, stringify({ groups: rest })];
    }),
  );
}

async function unanswered(
  values: (expr: string) => Promise<readonly number[]>,
): Promise<readonly string[]> {
  const left: string[] = [];
  const panels = boards.flatMap(({ rows }) => Object.values(rows).flat());
  for (const { queries, title } of panels) {
    for (const [legend, expr] of Object.entries(queries)) {
      if (title in nothingToSay || legend in nothingToSay) continue;
      if ((await values(expr)).length === 0) left.push(`${title} (${legend})`);
    }
  }
  return left;
}
