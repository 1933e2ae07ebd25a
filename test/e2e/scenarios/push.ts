/** An application writes over HTTP, and reads what it wrote. */
import { handbookText } from "../support/handbook.ts";
import { untilFound, untilGone } from "../support/found.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";

const testMs = 180_000;
const waitMs = 20_000;

export function pushScenarios(name: string, start: StartDeployment): void {
  describe(`a pushed source, ${name}`, () => {
    let deployment: Deployment;

    beforeAll(async () => {
      deployment = await start();
    }, testMs);

    afterAll(() => deployment[Symbol.asyncDispose]());

    test(
      "a search that waits for the token of a PUT finds its content, and GET tells of it",
      async () => {
        const { api } = deployment;
        const content = "The harbour master keeps the keys of the crane.";

        const { documentId, token } = await api.put("app", "harbour/crane", {
          content,
          metadata: { pier: 7 },
        });
        const { after, results } = await api.search({ query: content, after: token, waitMs });

        expect(documentId).toBe("app/harbour/crane");
        expect(after).toMatchObject([{ documentId, token, status: "visible", reason: null }]);
        expect(results[0]).toMatchObject({ documentId, text: content, metadata: { pier: 7 } });
        expect(await api.document("app", "harbour/crane")).toMatchObject({
          documentId,
          standing: "searchable",
          metadata: { pier: 7 },
        });
      },
      testMs,
    );

    test(
      "a PATCH of the metadata replaces it whole, and embeds nothing",
      async () => {
        const { api } = deployment;
        const content = "A lantern hangs over the western door.";
        await api.put("app", "lantern", { content, metadata: { door: "west", lit: true } });
        await untilFound(api, "app/lantern", content);

        const { token } = await api.patch("app", "lantern", { metadata: { door: "north" } });
        const { after, results } = await api.search({
          query: content,
          filter: { door: "north" },
          after: token,
          waitMs,
        });

        expect(after).toMatchObject([{ status: "visible" }]);
        expect(results).toMatchObject([{ documentId: "app/lantern", text: content }]);
        expect(results[0]?.metadata).toEqual({ door: "north" });
        expect(await embeddedOf("app/lantern")).toBe(1);
      },
      testMs,
    );

    test(
      "a PATCH of the permissions decides who finds the document, and embeds nothing",
      async () => {
        const { api } = deployment;
        const content = "The vault opens with two keys turned at once.";
        const { token: first } = await api.put("app", "vault", {
          content,
          permissions: ["user:ann", "user:bo"],
        });
        const both = { query: content, after: first, waitMs };
        const before = await api.search({ ...both, principals: ["user:bo"] });

        const { token } = await api.patch("app", "vault", { permissions: ["user:ann"] });
        const asked = { query: content, after: token, waitMs };
        const ofAnn = await api.search({ ...asked, principals: ["user:ann"] });
        const ofBo = await api.search({ ...asked, principals: ["user:bo"] });
        const ofNobody = await api.search(asked);

        expect(idsOf(before)).toContain("app/vault");
        expect(idsOf(ofAnn)).toContain("app/vault");
        expect(idsOf(ofBo)).not.toContain("app/vault");
        expect(idsOf(ofNobody)).not.toContain("app/vault");
        expect(await embeddedOf("app/vault")).toBe(1);
      },
      testMs,
    );

    test(
      "a deleted document is gone for whoever waits for the token, and GET says so",
      async () => {
        const { api } = deployment;
        const content = "Snow closes the pass until the end of May.";
        await api.put("app", "pass", { content });
        await untilFound(api, "app/pass", content);

        const { token } = await api.remove("app", "pass");
        const { after, results } = await api.search({ query: content, after: token, waitMs });

        expect(after).toMatchObject([{ status: "visible" }]);
        expect(results.map(({ documentId }) => documentId)).not.toContain("app/pass");
        await expect(api.document("app", "pass")).rejects.toMatchObject({
          status: 404,
          problem: { code: "deleted" },
        });
        await expect(api.document("app", "never-was")).rejects.toMatchObject({
          status: 404,
          problem: { code: "unknown-document" },
        });
      },
      testMs,
    );

    test(
      "an archived document is hidden, and comes back without embedding",
      async () => {
        const { api } = deployment;
        const content = "The observatory closed when the city grew too bright.";
        await api.put("app", "observatory", { content });
        await untilFound(api, "app/observatory", content);

        const { token } = await api.put("app", "observatory", { content, archived: true });
        const { after } = await api.search({ query: content, after: token, waitMs });
        await untilGone(api, "app/observatory", content);
        await api.put("app", "observatory", { content });
        await untilFound(api, "app/observatory", content);

        expect(after).toMatchObject([{ status: "visible" }]);
        expect(await embeddedOf("app/observatory")).toBe(1);
      },
      testMs,
    );

    test(
      "each line of NDJSON is answered by itself, and those accepted are found",
      async () => {
        const { api } = deployment;
        const contents = ["Basalt", "Marble", "Slate"].map((stone) => `${stone} covers the roof.`);

        const { status, answers } = await api.bulk("app", [
          { key: "roof/1", content: contents[0] ?? "" },
          "{ this is no JSON",
          { key: "roof/2", content: contents[1] ?? "" },
          JSON.stringify({ key: "roof/x", colour: "red" }),
          { key: "roof/3", content: contents[2] ?? "" },
        ]);
        const tokens = answers.flatMap((answer) => ("token" in answer ? [answer.token] : []));
        const { after } = await api.search({ query: "roof", after: tokens, waitMs });

        expect(status).toBe(207);
        expect(answers.map((answer) => "token" in answer)).toEqual([
          true,
          false,
          true,
          false,
          true,
        ]);
        expect(answers.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
        expect(after.map((write) => write.status)).toEqual(["visible", "visible", "visible"]);
        for (const [at, content] of contents.entries()) {
          await untilFound(api, `app/roof/${at + 1}`, content);
        }
      },
      testMs,
    );

    test(
      "a token is pending until its document is embedded, and superseded by the next write",
      async () => {
        const { api } = deployment;
        const { token: first } = await api.put("app", "book", { content: handbookText(8) });
        const pending = await api.search({ query: "a book", after: first });

        const { token: second } = await api.put("app", "book", { content: "A short book." });
        const settled = await api.search({ query: "a book", after: [first, second], waitMs });

        expect(pending.after).toMatchObject([{ status: "pending", reason: null }]);
        expect(settled.after).toMatchObject([{ status: "superseded" }, { status: "visible" }]);
        await untilFound(api, "app/book", "A short book.");
      },
      testMs,
    );

    test(
      "a document that cannot be read is failed with the reason, and its next write is visible",
      async () => {
        const { api } = deployment;
        const content = { base64: Buffer.from("%PDF-1.4 torn in two").toString("base64") };
        const { token } = await api.put("app", "torn", {
          content,
          contentType: "application/pdf",
        });

        const { after } = await api.search({ query: "torn", after: token, waitMs });
        const letters = await api.deadLetters();
        const { token: next } = await api.put("app", "torn", { content: "Mended with glue." });
        const mended = await api.search({ query: "Mended with glue.", after: next, waitMs });

        expect(after).toMatchObject([
          { status: "failed", reason: expect.stringContaining("extraction-failed") },
        ]);
        expect(letters).toMatchObject([{ documentId: "app/torn", reason: "extraction-failed" }]);
        expect(mended.after).toMatchObject([{ status: "visible" }]);
        expect(mended.results[0]).toMatchObject({ documentId: "app/torn" });
      },
      testMs,
    );

    test(
      "what is no document, no source of its kind or no token is refused with its code",
      async () => {
        const { api } = deployment;
        const content = "refused";

        await expect(api.put("files", "a.md", { content })).rejects.toMatchObject({
          status: 409,
          problem: { code: "not-pushed" },
        });
        await expect(api.put("nowhere", "a", { content })).rejects.toMatchObject({
          status: 404,
          problem: { code: "unknown-source" },
        });
        await expect(api.patch("app", "never-was", { metadata: {} })).rejects.toMatchObject({
          status: 404,
          problem: { code: "unknown-document" },
        });
        await expect(api.search({ query: "x", after: "w1.nonsense" })).rejects.toMatchObject({
          status: 400,
          problem: { code: "invalid-token" },
        });
      },
      testMs,
    );

    async function embeddedOf(documentId: string): Promise<number> {
      const { receipts } = await deployment.api.why(documentId);
      return receipts.reduce((sum, { chunks }) => sum + chunks.embedded, 0);
    }
  });
}

function idsOf(answer: { readonly results: readonly { readonly documentId: string }[] }) {
  return answer.results.map(({ documentId }) => documentId);
}
