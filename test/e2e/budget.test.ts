/** A day's budget for embedding: what is beyond it waits, says so, and is lost nowhere. */
import { FakeServer } from "@tidemark/openai/fake-server";
import { eventually } from "@tidemark/testing";
import { runCli } from "../secrets/run-cli.ts";
import type { DeploymentOptions } from "./support/deployment.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { untilFound } from "./support/found.ts";

const testMs = 120_000;
const withinMs = 30_000;
/** A token is a cent, so that a budget is so many hundreds of tokens. */
const perMillionTokens = 10_000;
const [little, enough] = [2, 1_000];
const cellars = Array.from({ length: 12 }, (_, at) => `cellar-${at}`);
const textOf = (name: string) =>
  `The ${name} of the customs house holds ${"salted herring in barrels of oak, ".repeat(4)}until spring.`;

test(
  "past its budget a document waits, the alert's metric is set, and all of it goes on once there is more",
  async () => {
    await using fake = await FakeServer.start();
    await using deployment = await EmbeddedDeployment.start(withBudget(fake.baseUrl, little));
    const { api } = deployment;
    const cli = (...args: readonly string[]) =>
      runCli([...args, "--data-dir", deployment.dataDirectory, "--no-color"]);

    for (const name of cellars) await api.put("app", name, { content: textOf(name) });
    await eventually(async () => expect(await api.metric("tidemark_budget_ratio")).toBe(1), {
      withinMs,
    });
    const { chunks, pending } = await eventually(
      async () => {
        const freshness = await api.freshnessOf("app");
        expect(freshness.pending + freshness.searchable).toBe(cellars.length);
        return freshness;
      },
      { withinMs },
    );
    const spent = await cli("costs");
    const lost = await api.whySearch({ query: "herring", expect: `app/${cellars.at(-1)}` });
    const told = await cli("why", "--query", "herring", "--expect", `app/${cellars.at(-1)}`);
    const findings = await api.doctor();
    const billedOfLittle = fake.billedTokens;

    expect(pending).toBeGreaterThan(0);
    expect(chunks).toBeGreaterThan(0);
    expect(await api.deadLetters()).toEqual([]);
    expect((billedOfLittle / 1_000_000) * perMillionTokens).toBeLessThanOrEqual(little);
    expect(spent).toMatchObject({ exitCode: 0 });
    expect(spent.place.content).toMatch(/^app +g1 +[\d,]+ tokens +\d+\.\d\d USD/mu);
    expect(spent.place.content).toMatch(
      /budget of endpoint: \d\.\d\d USD of 2\.00 USD today, 100 %: then embedding waits/u,
    );
    expect(lost).toMatchObject({
      step: "known",
      reason: "waiting",
      waiting: { stage: "embed", waitsFor: expect.stringMatching(/^(embedder|upserter)$/u) },
    });
    expect(told.exitCode).toBe(1);
    expect(told.place.content).toContain("waits at embed for the ");
    expect(findings).toContainEqual(
      expect.objectContaining({ check: "budget of endpoint", verdict: "warn" }),
    );

    await deployment.reconfigure(withBudget(fake.baseUrl, enough));

    const after = deployment.api;
    for (const name of cellars) await untilFound(after, `app/${name}`, textOf(name));
    await eventually(async () =>
      expect(await after.metric("tidemark_budget_ratio")).toBeLessThan(1),
    );
    expect(await after.deadLetters()).toEqual([]);
    expect(await after.freshnessOf("app")).toMatchObject({
      pending: 0,
      searchable: cellars.length,
    });
  },
  testMs,
);

function withBudget(baseUrl: string, perDay: number): DeploymentOptions {
  const price = { perMillionTokens, currency: "USD" };
  const model = "text-embedding-3-small";
  const endpoint = { kind: "openai", baseUrl, model, dimensions: 256, price, batchTextsMax: 1 };
  return {
    config: {
      vectors: { embedder: "endpoint" },
      embedders: { endpoint: { ...endpoint, budget: { perDay } } },
    },
  };
}
