/** Input that is large, broken or meant to do harm costs itself and nothing else. */
import { hostileDocx, manyPages, nestedHtml } from "../support/hostile-files.ts";
import { hitOf, untilFound, untilSettled } from "../support/found.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";
import { eventually } from "@tidemark/testing";

const testMs = 180_000;
const withinMs = 120_000;

export function hostileScenarios(name: string, start: StartDeployment): void {
  describe(`hostile input, ${name}`, () => {
    let deployment: Deployment;

    beforeAll(async () => {
      deployment = await start();
    }, testMs);

    afterAll(() => deployment[Symbol.asyncDispose]());

    test(
      "any page of a PDF with 200 pages is found",
      async () => {
        const lineOf = (page: number) =>
          `Page ${page} of the log tells that the sluice stood open for ${page} minutes.`;
        await deployment.putFile("sluice.pdf", manyPages(200, lineOf));

        await untilSettled(deployment.api, "files", { documents: 1, withinMs });

        for (const page of [1, 99, 200]) {
          const { results } = await deployment.api.search({
            query: lineOf(page),
            per: "chunk",
            limit: 100,
          });
          const texts = results.map(({ text }) => text.replaceAll(/\s+/gu, " "));
          expect(texts.some((text) => text.includes(lineOf(page)))).toBe(true);
        }
      },
      testMs,
    );

    test.each([
      ["a line\nbreak.md", "The kingfisher nests in the river bank."],
      ["emoji 🦭 and ünïcode/日本語.md", "The seal sleeps on the sandbank."],
      ["100% #1?.md", "The heron stands in the reeds."],
      ["-rf ~ 'quoted' \"twice\" \\ .md", "The curlew calls over the marsh."],
    ])(
      "a document named %j is found and lost like any other",
      async (key, sentence) => {
        await deployment.putFile(key, sentence);
        await untilFound(deployment.api, `files/${key}`, sentence);
        expect((await deployment.api.why(`files/${key}`)).standing).toBe("searchable");

        await deployment.deleteFile(key);

        await eventually(async () => {
          expect(await hitOf(deployment.api, `files/${key}`, { query: sentence })).toBeUndefined();
        });
      },
      testMs,
    );

    test(
      "text that is broken UTF-8 is found by what can be read of it",
      async () => {
        const sentence = "The ferryman counts his coins at dusk.";
        const broken = Buffer.concat([
          Buffer.from([0xff, 0xc3, 0x28, 0xa0, 0xa1]),
          Buffer.from(` ${sentence} `),
          Buffer.from([0xe2, 0x82, 0xf0, 0x28, 0x8c, 0x28]),
        ]);

        await deployment.putFile("broken.md", broken);

        await untilFound(deployment.api, "files/broken.md", sentence);
      },
      testMs,
    );

    test(
      "an empty file is known and has no chunks, and is found once it has text",
      async () => {
        const { api } = deployment;
        await deployment.putFile("empty.md", "");

        await eventually(async () => {
          const { manifest, standing } = await api.why("files/empty.md");
          expect({ standing, chunks: manifest?.indexed?.chunks }).toEqual({
            standing: "empty",
            chunks: 0,
          });
        });

        await deployment.putFile("empty.md", "The page is not empty any more.");
        await untilFound(api, "files/empty.md", "The page is not empty any more.");
      },
      testMs,
    );

    test.each([
      ["bomb.docx", hostileDocx, "size-limit", /unpackedBytesMax/u],
      ["nested.html", () => nestedHtml(100_000), "depth-limit", /vectors\.extraction\.nesting/u],
    ] as const)(
      "%s becomes a dead letter that names the limit, and what follows it is found",
      async (key, content, reason, limit) => {
        const { api } = deployment;
        const sentence = `After ${key} the bridge was painted green.`;

        await deployment.putFile(key, content());
        await deployment.putFile(`after-${key}.md`, sentence);
        await untilFound(api, `files/after-${key}.md`, sentence);

        await eventually(
          async () => {
            const letters = await api.deadLetters();
            const letter = letters.find(({ documentId }) => documentId === `files/${key}`);
            expect(letter).toMatchObject({ reason, message: expect.stringMatching(limit) });
          },
          { withinMs },
        );
        expect((await api.why(`files/${key}`)).standing).toBe("failed");
      },
      testMs,
    );
  });
}
