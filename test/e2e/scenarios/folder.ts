/** A person works in a folder, and search follows. */
import { untilFound, untilGone } from "../support/found.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";

const testMs = 180_000;

export function folderScenarios(name: string, start: StartDeployment): void {
  describe(`a folder, ${name}`, () => {
    let deployment: Deployment;

    beforeAll(async () => {
      deployment = await start({
        documents: { "there-before.md": "# Ferry\n\nThe ferry to Hven leaves at noon.\n" },
      });
    }, testMs);

    afterAll(() => deployment[Symbol.asyncDispose]());

    test(
      "has what was there before the start",
      async () => {
        const hit = await untilFound(
          deployment.api,
          "files/there-before.md",
          "The ferry to Hven leaves at noon.",
        );

        expect(hit).toMatchObject({
          source: "files",
          key: "there-before.md",
          title: "Ferry",
          heading: ["Ferry"],
          ordinal: 0,
          chunkCount: 1,
          stale: false,
        });
      },
      testMs,
    );

    test(
      "finds a created document, and each edit of it in place of the text before",
      async () => {
        const { api } = deployment;
        const first = "The bakery sells rye bread on Mondays.";
        const second = "The bakery sells saffron buns on Mondays.";

        await deployment.putFile("notes/bakery.md", first);
        const created = await untilFound(api, "files/notes/bakery.md", first);
        await deployment.putFile("notes/bakery.md", second);
        const edited = await untilFound(api, "files/notes/bakery.md", second);

        expect(edited.text).not.toContain("rye");
        expect(edited.revision.position).toBeGreaterThan(created.revision.position);
        expect(edited.contentHash).not.toBe(created.contentHash);
        expect(edited.createdAt).toBe(created.createdAt);
        expect(Date.parse(edited.updatedAt)).toBeGreaterThan(Date.parse(created.updatedAt));
      },
      testMs,
    );

    test(
      "loses a deleted document, and has it again when it is written again",
      async () => {
        const { api } = deployment;
        const sentence = "The telescope is cleaned with distilled water.";
        await deployment.putFile("telescope.md", sentence);
        await untilFound(api, "files/telescope.md", sentence);

        await deployment.deleteFile("telescope.md");
        await untilGone(api, "files/telescope.md", sentence);
        const gone = await api.why("files/telescope.md");
        await deployment.putFile("telescope.md", sentence);
        await untilFound(api, "files/telescope.md", sentence);

        expect(gone.standing).toBe("deleted");
      },
      testMs,
    );

    test(
      "finds a moved document under its new name alone, and embeds nothing for it",
      async () => {
        const { api } = deployment;
        const sentence = "Granite was carried here by the ice.";
        await deployment.putFile("stones.md", sentence);
        await untilFound(api, "files/stones.md", sentence);

        await deployment.moveFile("stones.md", "geology/stones.md");
        await untilFound(api, "files/geology/stones.md", sentence);
        await untilGone(api, "files/stones.md", sentence);

        const { receipts } = await api.why("files/geology/stones.md");
        const indexed = receipts.filter(({ outcome }) => outcome === "indexed");
        expect(indexed.map(({ chunks }) => chunks)).toMatchObject([{ embedded: 0, reused: 1 }]);
      },
      testMs,
    );

    test(
      "follows a directory that is renamed, and one that is removed",
      async () => {
        const { api } = deployment;
        const [oak, elm] = ["The oak was planted in 1702.", "The elm fell in the great storm."];
        await deployment.putFile("trees/old/oak.md", oak);
        await deployment.putFile("trees/elm.md", elm);
        await untilFound(api, "files/trees/old/oak.md", oak);
        await untilFound(api, "files/trees/elm.md", elm);

        await deployment.moveFile("trees", "woods");
        await untilFound(api, "files/woods/old/oak.md", oak);
        await untilFound(api, "files/woods/elm.md", elm);
        await untilGone(api, "files/trees/old/oak.md", oak);
        await untilGone(api, "files/trees/elm.md", elm);

        await deployment.deleteFile("woods");
        await untilGone(api, "files/woods/old/oak.md", oak);
        await untilGone(api, "files/woods/elm.md", elm);
      },
      testMs,
    );

    test(
      "hides a document from all but those whom its front matter names, and shows it again",
      async () => {
        const { api } = deployment;
        const sentence = "The salaries are paid on the twentieth.";
        await deployment.putFile("salaries.md", sentence);
        await untilFound(api, "files/salaries.md", sentence);

        await deployment.putFile("salaries.md", `---\npermissions: [group:hr]\n---\n${sentence}`);
        await untilGone(api, "files/salaries.md", sentence);
        await untilGone(api, "files/salaries.md", sentence, { principals: ["group:it"] });
        await untilFound(api, "files/salaries.md", sentence, { principals: ["group:hr"] });

        await deployment.putFile("salaries.md", sentence);
        await untilFound(api, "files/salaries.md", sentence);
      },
      testMs,
    );

    test(
      "hides an archived document and keeps it, so that it comes back without embedding",
      async () => {
        const { api } = deployment;
        const sentence = "The old tariff is void since January.";
        await deployment.putFile("tariff.md", sentence);
        await untilFound(api, "files/tariff.md", sentence);

        await deployment.putFile("tariff.md", `---\narchived: true\n---\n${sentence}`);
        await untilGone(api, "files/tariff.md", sentence);
        const archived = await api.why("files/tariff.md");
        await deployment.putFile("tariff.md", `---\narchived: false\n---\n${sentence}`);
        await untilFound(api, "files/tariff.md", sentence);

        const { receipts } = await api.why("files/tariff.md");
        expect(archived.standing).toBe("archived");
        expect(receipts.reduce((sum, { chunks }) => sum + chunks.embedded, 0)).toBe(1);
      },
      testMs,
    );

    test(
      "narrows a search by what front matter and rules say of documents",
      async () => {
        const { api } = deployment;
        const sentence = "Tides are highest after the full moon.";
        await deployment.putFile("tides/a.md", `---\narea: sea\n---\n${sentence}`);
        await deployment.putFile("tides/b.md", `---\narea: land\n---\n${sentence}`);
        await untilFound(api, "files/tides/a.md", sentence);
        await untilFound(api, "files/tides/b.md", sentence);

        const { results } = await api.search({ query: sentence, filter: { area: "sea" } });

        expect(results.map(({ documentId }) => documentId)).toEqual(["files/tides/a.md"]);
        expect(results[0]?.metadata).toMatchObject({ area: "sea" });
      },
      testMs,
    );
  });
}
