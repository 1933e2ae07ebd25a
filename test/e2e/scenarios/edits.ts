/** An edit embeds what it changed, and what is no edit of the text embeds nothing. */
import { editRun, indexedIn } from "../support/edit-run.ts";
import { handbookText } from "../support/handbook.ts";
import { percentile } from "../support/percentile.ts";
import { untilFound, untilSettled } from "../support/found.ts";
import type { StartDeployment } from "../support/deployment.ts";
import type { TidemarkApi } from "../support/tidemark-api.ts";

const testMs = 180_000;
const waitMs = 30_000;
const embeddedMax = 3;
const seedDefault = 20_261_120;

export function editScenarios(name: string, start: StartDeployment): void {
  describe(`edits, ${name}`, () => {
    test(
      "of 200 random edits in 20 documents of about 100 chunks, 95 in 100 embed at most 3 chunks",
      async () => {
        await using deployment = await start();
        const seed = Number(process.env["TIDEMARK_SEED"] ?? seedDefault);

        const { embedded } = await editRun(deployment.api, { seed });

        const told = `seed ${seed}: ${embedded.join(" ")}`;
        expect({ edits: embedded.length, told }).toEqual({ edits: 200, told });
        const isFew = percentile(embedded, 0.95) <= embeddedMax;
        expect({ isFew, told }).toEqual({ isFew: true, told });
      },
      testMs,
    );

    test(
      "metadata, permissions, archiving, a new name and new front matter embed nothing",
      async () => {
        const text = handbookText(6);
        await using deployment = await start({ documents: { "long.md": text } });
        const { api } = deployment;
        await untilSettled(api, "files", { documents: 1 });
        const { token } = await api.put("app", "long", {
          content: text,
          contentType: "text/markdown",
        });
        await api.search({ query: "x", after: token, waitMs });
        const embedded = await embeddedSoFar(api);

        const first = "This handbook is for the people who keep a semantic search index";
        const tokens = [
          await api.patch("app", "long", { metadata: { area: "all" } }),
          await api.patch("app", "long", { permissions: ["user:ann"] }),
        ].map((accepted) => accepted.token);
        await api.search({ query: "x", after: tokens, waitMs });
        const put = { content: text, contentType: "text/markdown", permissions: ["user:ann"] };
        for (const archived of [true, false]) {
          const accepted = await api.put("app", "long", { ...put, archived });
          const { after } = await api.search({ query: "x", after: accepted.token, waitMs });
          expect(after).toMatchObject([{ status: "visible" }]);
        }
        await deployment.moveFile("long.md", "moved/long.md");
        await untilFound(api, "files/moved/long.md", first, { sources: ["files"] });
        await deployment.putFile("moved/long.md", `---\narea: all\n---\n${text}`);
        await untilFound(api, "files/moved/long.md", first, { filter: { area: "all" } });

        expect(embedded).toBeGreaterThan(40);
        expect(await embeddedSoFar(api)).toBe(embedded);
      },
      testMs,
    );

    test(
      "50 writes to one document within the window make at most two runs, and the last one wins",
      async () => {
        await using deployment = await start({ config: { defaults: {} } });
        const { api } = deployment;
        const content = (at: number) => `The clock in the tower strikes ${at} times.`;
        for (let at = 1; at <= 50; at += 1) {
          await deployment.putFile("clock.md", content(at));
          await api.put("app", "clock", { content: content(at) });
        }

        for (const id of ["files/clock.md", "app/clock"]) {
          await untilFound(api, id, content(50));
          const { receipts } = await api.why(id);
          const runs = indexedIn(receipts).filter(({ chunks }) => chunks.embedded > 0);
          expect(runs.length).toBeLessThanOrEqual(2);
        }
      },
      testMs,
    );

    test(
      "a restart on a thousand unchanged files compares each of them once, is ready, and embeds nothing",
      async () => {
        const files = Object.fromEntries(
          Array.from({ length: 1_000 }, (_, at) => [
            `shelf-${at % 10}/card-${at}.md`,
            `Card of drawer ${at % 50}: the herring is landed in autumn.`,
          ]),
        );
        await using deployment = await start({ documents: files });
        await untilSettled(deployment.api, "files", { documents: 1_000, withinMs: 60_000 });

        const sinceMs = Date.now();
        await deployment.restart();
        await untilSettled(deployment.api, "files", { sinceMs });
        const isReady = await deployment.api.isReady();

        expect(isReady).toBe(true);
        expect(await embeddedSoFar(deployment.api)).toBe(0);
        expect(await deployment.api.metric("tidemark_scan_documents_total")).toBe(1_000);
      },
      testMs,
    );
  });
}

function embeddedSoFar(api: TidemarkApi): Promise<number> {
  return api.metric("tidemark_chunks_embedded_total");
}
