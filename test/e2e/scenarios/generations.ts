/** Another embedder: built beside the one that answers, and switched to when it is complete. */
import { FakeServer } from "@tidemark/openai/fake-server";
import { eventually } from "@tidemark/testing";
import { plainPages } from "../support/handbook.ts";
import { QueryStream } from "../support/query-stream.ts";
import { untilFound, untilSettled } from "../support/found.ts";
import type { DeploymentOptions, StartDeployment } from "../support/deployment.ts";

const testMs = 180_000;
const withinMs = 120_000;
const pagesMax = 20;
const perMillionTokens = 20;
const errorMax = 0.1;
const width = 1536;

export function generationScenarios(name: string, start: StartDeployment): void {
  describe(`a changed embedder, ${name}`, () => {
    test(
      "from minilm to an endpoint of another width no answer fails or is mixed, and the plan was right",
      async () => {
        await using fake = await FakeServer.start({ latencyMs: 20 });
        const pages = plainPages().slice(0, pagesMax);
        const documents = Object.fromEntries(pages.map(({ key, text }) => [key, text]));
        await using deployment = await start({ documents });
        await untilSettled(deployment.api, "files", { documents: pages.length, withinMs });
        await deployment.reconfigure(withEndpoint(fake.baseUrl));
        const { api } = deployment;
        const before = await api.status();
        const stream = new QueryStream(
          api,
          pages.map(({ key, text }) => ({ documentId: `files/${key}`, query: opening(text) })),
        );

        const waiting = await stream.during(() => api.plan());
        const billedBefore = fake.billedTokens;
        const written = "The raft is moored below the weir.";
        await stream.during(async () => {
          await api.apply();
          await deployment.putFile("raft.md", written);
          await eventually(
            async () =>
              expect((await api.status()).generations).toMatchObject([
                { id: "g1", state: "retiring" },
                { id: "g2", state: "active", dimension: width },
              ]),
            { withinMs },
          );
        });
        await stream.during(() => untilFound(api, "files/raft.md", written));

        expect(before.generations).toMatchObject([{ id: "g1", state: "active", dimension: 384 }]);
        expect(waiting).toMatchObject({ needed: true, documents: pages.length, building: null });
        expect(billedBefore).toBe(0);
        expect(stream.faults).toEqual([]);
        expect([...stream.answers.keys()]).toEqual(["g1/384", "g2/1536"]);
        for (const count of stream.answers.values()) expect(count).toBeGreaterThan(10);
        const spent = await eventually(
          async () => {
            const { lines } = await api.costs();
            const told = lines.filter(({ generation }) => generation === "g2");
            const tokens = told.reduce((sum, line) => sum + line.tokens, 0);
            // Nothing that was billed is missing, and nothing is told that was not.
            expect(Math.abs(tokens - fake.billedTokens)).toBeLessThan(told.length);
            const ofFiles = told.find(({ source }) => source === "files");
            if (!ofFiles) throw new Error("nothing was spent on the documents");
            return ofFiles;
          },
          { withinMs },
        );
        expect(Math.abs(waiting.tokens / spent.tokens - 1)).toBeLessThan(errorMax);
        expect(spent.cost).toBeCloseTo((spent.tokens / 1_000_000) * perMillionTokens, 3);
        expect(Math.abs((waiting.price?.amount ?? 0) / spent.cost - 1)).toBeLessThan(errorMax);
      },
      testMs,
    );

    test(
      "until it is told to apply, a process with another embedder answers and indexes as before",
      async () => {
        await using fake = await FakeServer.start();
        const sentence = "The lock keeper sleeps by the gate.";
        await using deployment = await start({ documents: { "lock.md": sentence } });
        await untilFound(deployment.api, "files/lock.md", sentence);

        await deployment.reconfigure(withEndpoint(fake.baseUrl));
        const { api } = deployment;
        const kept = await untilFound(api, "files/lock.md", sentence);
        await deployment.putFile("weir.md", "The weir was mended with clay.");
        const added = await untilFound(api, "files/weir.md", "The weir was mended with clay.");

        expect(kept).toMatchObject({ generation: "g1", dimension: 384 });
        expect(added).toMatchObject({ generation: "g1", fingerprint: kept.fingerprint });
        expect(fake.requests).toEqual([]);
      },
      testMs,
    );
  });
}

function withEndpoint(baseUrl: string): DeploymentOptions {
  const price = { perMillionTokens, currency: "USD" };
  const model = "text-embedding-3-small";
  return {
    config: {
      vectors: { embedder: "endpoint" },
      embedders: {
        minilm: { kind: "onnx" },
        endpoint: { kind: "openai", baseUrl, model, dimensions: width, price },
      },
    },
  };
}

/** The words that a page opens with, below its title. */
function opening(text: string): string {
  const [paragraph] = text.split("\n\n").filter((part) => /^[A-Z]/u.test(part));
  return paragraph?.slice(0, 300) ?? "";
}
