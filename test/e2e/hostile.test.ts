import { truncate } from "node:fs/promises";
import { eventually } from "@tidemark/testing";
import { hostileScenarios } from "./scenarios/hostile.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { untilFound } from "./support/found.ts";
import { hostileDocx, manyPages, nestedHtml } from "./support/hostile-files.ts";

const testMs = 180_000;
const withinMs = 60_000;
const memoryBytesMax = 1024 ** 3;

hostileScenarios("one process", (options) => EmbeddedDeployment.start(options));

test(
  "a text of 500 MB becomes a dead letter that names the limit, and all of it fits into 1 GiB",
  async () => {
    await using alone = await EmbeddedDeployment.start();
    const { api } = alone;

    await alone.putFile("huge.txt", "");
    await truncate(alone.at("huge.txt"), 500 * 1000 ** 2);
    await alone.putFile("bomb.docx", hostileDocx());
    await alone.putFile("nested.html", nestedHtml(100_000));
    await alone.putFile(
      "pages.pdf",
      manyPages(200, (page) => `Page ${page} of a log book.`),
    );
    await alone.putFile("after.md", "The bridge was painted green.");

    await untilFound(api, "files/after.md", "The bridge was painted green.");
    await untilFound(api, "files/pages.pdf", "Page 1 of a log book.");
    await eventually(
      async () => {
        const letters = await api.deadLetters();
        const ids = letters.map(({ documentId }) => documentId).sort();
        expect(ids).toEqual(["files/bomb.docx", "files/huge.txt", "files/nested.html"]);
        const huge = letters.find(({ documentId }) => documentId === "files/huge.txt");
        const message = expect.stringContaining("vectors.extraction.input");
        expect(huge).toMatchObject({ reason: "size-limit", message });
      },
      { withinMs },
    );
    expect(alone.process.memoryPeakBytes()).toBeGreaterThan(1024 ** 2);
    expect(alone.process.memoryPeakBytes()).toBeLessThan(memoryBytesMax);
  },
  testMs,
);
