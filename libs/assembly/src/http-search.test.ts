import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Secret } from "@tidemark/runtime";
import { HttpSearch } from "./http-search.ts";

const question = {
  documentId: "files/tidemark-probe.md",
  source: "files",
  asker: { tenant: null, principals: ["tidemark:probe"] },
  sentence: "Tidemark probe 1 of files: bo.",
};
const never = new AbortController().signal;

/** A server that answers as the test says. */
async function answering(status: number, body: string) {
  const asked: { readonly headers: IncomingMessage["headers"]; readonly body: unknown }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    request.on("end", () => {
      asked.push({ headers: request.headers, body: JSON.parse(text) });
      response.writeHead(status).end(body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, asked, [Symbol.asyncDispose]: close };
}

const hit = (changes: object = {}) => ({
  documentId: question.documentId,
  text: question.sentence,
  ...changes,
});
const finds = (url: string | null, key?: string) =>
  new HttpSearch({ url: () => url, key: key === undefined ? undefined : new Secret(key) }).finds(
    question,
    never,
  );

test.each([
  ["its document with its text is found", [hit()], true],
  ["it has another text", [hit({ text: "Tidemark probe 0 of files: ba." })], false],
  ["another document has its text", [hit({ documentId: "files/copy.md" })], false],
  ["nothing is found", [], false],
])("whether a search finds it where %s", async (_, results, isFound) => {
  await using server = await answering(200, JSON.stringify({ results }));

  expect(await finds(server.url)).toBe(isFound);
});

test("it is asked as anybody asks, with the key and for the probe's reader", async () => {
  await using server = await answering(200, JSON.stringify({ results: [] }));

  await finds(server.url, "hunter2");

  const [asked] = server.asked;
  expect(asked?.headers.authorization).toBe("Bearer hunter2");
  expect(asked?.body).toEqual({
    query: question.sentence,
    sources: ["files"],
    limit: 5,
    principals: ["tidemark:probe"],
  });
});

test.each([
  [503, '{"code":"unavailable"}', /answers 503 unavailable$/u],
  [401, '{"code":"key-unknown","detail":"hunter2"}', /answers 401 key-unknown$/u],
  [502, "<html>hunter2</html>", /answers 502$/u],
  [200, "<html>hunter2</html>", /is not Tidemark$/u],
])("an answer of %i is told by its code, and nothing else of it", async (status, body, told) => {
  await using server = await answering(status, body);

  await expect(finds(server.url, "hunter2")).rejects.toThrow(told);
});

test("where nobody listens, that is said", async () => {
  await expect(finds(null)).rejects.toThrow("does not listen yet");
  await expect(finds("http://127.0.0.1:1")).rejects.toThrow("does not answer");
});
