/** What was acknowledged stays, however the process ended. */
import { plainPages } from "../support/handbook.ts";
import { hitOf, untilFound, untilGone, untilSettled } from "../support/found.ts";
import type { StartDeployment } from "../support/deployment.ts";
import type { TidemarkApi } from "../support/tidemark-api.ts";

const testMs = 120_000;
const waitMs = 30_000;

export function lastingScenarios(name: string, start: StartDeployment): void {
  describe(`a process that ends, ${name}`, () => {
    test(
      "a restart keeps every document and answer, embeds nothing, and sees what changed meanwhile",
      async () => {
        const pages = plainPages().slice(0, 10);
        await using deployment = await start({
          documents: Object.fromEntries(pages.map(({ key, text }) => [key, text])),
        });
        const [gone, ...kept] = pages;
        const pushed = "The beacon is lit from dusk to dawn.";
        await deployment.api.put("app", "beacon", { content: pushed, permissions: ["user:ann"] });
        await untilFound(deployment.api, "app/beacon", pushed, { principals: ["user:ann"] });
        await untilSettled(deployment.api, "files", { documents: pages.length });
        const before = await answers(deployment.api);

        await deployment.restart(async () => {
          await deployment.deleteFile(gone?.key ?? "");
          await deployment.putFile("new.md", "The stork is back on the chimney.");
        });
        await untilFound(deployment.api, "files/new.md", "The stork is back on the chimney.");
        await untilGone(deployment.api, `files/${gone?.key}`, gone?.text.slice(0, 200) ?? "");

        await untilFound(deployment.api, "app/beacon", pushed, { principals: ["user:ann"] });
        await untilGone(deployment.api, "app/beacon", pushed);
        expect(await deployment.api.metric("tidemark_chunks_embedded_total")).toBe(1);
        const after = await answers(deployment.api);
        expect(after.size).toBe(before.size);
        for (const { key } of kept) expect(after.get(key)).toEqual(before.get(key));

        /** For each page, the chunks of it that a search for its own beginning finds. */
        async function answers(api: TidemarkApi): Promise<ReadonlyMap<string, unknown>> {
          const found = new Map<string, unknown>();
          for (const { key, text } of kept) {
            const query = text.slice(0, 200);
            const { results } = await api.search({ query, per: "chunk", limit: 100 });
            const own = results.filter(({ documentId }) => documentId === `files/${key}`);
            expect(own.length).toBeGreaterThan(0);
            found.set(
              key,
              own.map(({ score, chunkId, text: chunk, revision, embeddedAt }) => {
                return { score, chunkId, chunk, revision, embeddedAt };
              }),
            );
          }
          return found;
        }
      },
      testMs,
    );

    test(
      "what was acknowledged before a loss of power is found after it, and deletes stay deletes",
      async () => {
        const pages = plainPages().slice(0, 24);
        await using deployment = await start({
          documents: Object.fromEntries(pages.map(({ key, text }) => [key, text])),
        });
        const { api } = deployment;
        const sentence = (at: number) => `Buoy number ${at} is painted red and rings in the fog.`;
        const { token: doomed } = await api.put("app", "doomed", { content: sentence(99) });
        await api.search({ query: "buoy", after: doomed, waitMs });

        const lines = Array.from({ length: 20 }, (_, at) => ({
          key: `buoy/${at}`,
          content: sentence(at),
        }));
        const { answers } = await api.bulk("app", lines);
        const { token: deleted } = await api.remove("app", "doomed");
        await deployment.crash();

        const tokens = answers.flatMap((answer) => ("token" in answer ? [answer.token] : []));
        const { after } = await deployment.api.search({
          query: "buoy",
          after: [...tokens, deleted],
          waitMs,
        });
        expect(after.map(({ status }) => status)).toEqual(Array(21).fill("visible"));
        for (const { key, content } of lines) {
          await untilFound(deployment.api, `app/${key}`, content);
        }
        await untilGone(deployment.api, "app/doomed", sentence(99));
        await untilSettled(deployment.api, "files", { documents: pages.length });
        for (const { key, text } of pages) {
          const query = text.slice(0, 200);
          expect(await hitOf(deployment.api, `files/${key}`, { query })).toBeDefined();
        }
      },
      testMs,
    );
  });
}
