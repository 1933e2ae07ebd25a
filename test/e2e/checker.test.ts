/** The checker must be able to find what it looks for, or its silence means nothing. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeWriteToken, type DocumentId } from "@tidemark/domain";
import { awaitComplete } from "../checker/await-complete.ts";
import { checkDirectory } from "../checker/check.ts";
import { compareWithSource, compareWithTokens } from "../checker/compare-source.ts";
import { compareStores } from "../checker/compare-stores.ts";
import { corruptIn, corruptions, hideFromSearch } from "../checker/corruptions.ts";
import { pushAll, type PushedDocument } from "../checker/pushed-document.ts";
import { copyData, readStore } from "../checker/read-store.ts";
import { StartedProcess } from "../checker/started-process.ts";

const directory = mkdtempSync(join(tmpdir(), "tidemark-checker-"));
const [data, folder] = [join(directory, "data"), join(directory, "files")];
const configFile = join(directory, "tidemark.yaml");
const sources = ["files", "app"];
const id = "app/guide/pumps.md" as DocumentId;
const restarted = "Restart the pump in hall four once the alarm of the cold store is silent. ";
const pushed: readonly PushedDocument[] = ["guide/pumps.md", "keys.md"].map((key) => ({
  source: "app",
  key,
  content: `# Pumps\n\n${restarted.repeat(3)}\n\n## Keys\n\nThe keys of ${key} hang in the yard office.`,
  contentType: "text/markdown",
  metadata: { area: "north" },
  permissions: ["group:engineering"],
  tenant: "acme",
  archived: false,
}));
const expected = { folders: new Map([["files", folder]]), documents: pushed };
let copies = 0;

beforeAll(async () => {
  mkdirSync(folder);
  mkdirSync(data);
  writeFileSync(join(folder, "hours.md"), "# Hours\n\nThe office opens at nine.\n");
  const lines = [
    "version: 1",
    "vectors: { chunker: { maxTokens: 48 } }",
    "sources:",
    `  files: { kind: folder, path: ${JSON.stringify(folder)}, permissions: public }`,
    "  app: { kind: push, permissions: deny }",
  ];
  writeFileSync(configFile, lines.join("\n"));
  const logFile = join(directory, "process.log");
  await using started = StartedProcess.start({ dataDirectory: data, configFile, logFile });
  await started.untilReady();
  const url = started.url ?? "";
  await pushAll(url, pushed);
  await awaitComplete(url);
  await started.stop();
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function aCopy(): string {
  copies += 1;
  const copy = join(directory, `copy-${copies}`);
  copyData(data, copy);
  return copy;
}

test("a data directory is like itself and like its sources", async () => {
  const store = await readStore(aCopy(), sources);

  expect(store.documents.size).toBe(3);
  expect(store.documents.get(id)?.live.length).toBeGreaterThan(1);
  expect(compareStores(store, store)).toEqual([]);
  expect(compareWithSource(store, expected)).toEqual([]);
  expect([store.leftovers.size, store.strayVectors]).toEqual([0, 0]);
});

test.each(corruptions)("$what is found", async ({ corrupt, finds }) => {
  const fresh = await readStore(aCopy(), sources);
  const wrong = aCopy();

  corruptIn(wrong, (database) => corrupt(database, id));

  const checked = await readStore(wrong, sources);
  const found: string[] = compareStores(checked, fresh).map(({ kind }) => kind);
  if (checked.leftovers.size > 0) found.push("leftover");
  if (checked.strayVectors > 0) found.push("stray vector");
  expect(found).toContain(finds);
});

test("an acknowledged write that never arrived is found", async () => {
  const store = await readStore(aCopy(), sources);
  const seen = store.documents.get(id)?.manifest.seen.revision ?? { epoch: 0, position: 0 };
  const token = (position: number) =>
    encodeWriteToken({ documentId: id, revision: { ...seen, position } });

  expect(compareWithTokens(store, [token(seen.position)])).toEqual([]);
  expect(compareWithTokens(store, [token(seen.position + 1)])).toMatchObject([
    { kind: "lost-write", subject: id },
  ]);
});

test("what both indexes have wrong is found by asking the source", async () => {
  const store = await readStore(aCopy(), sources);
  const [first, ...others] = pushed;
  const told = first ? [{ ...first, tenant: "globex" }] : [];

  expect(compareWithSource(store, { ...expected, documents: [...told, ...others] })).toMatchObject([
    { kind: "tenant", subject: id },
  ]);
  expect(compareWithSource(store, { ...expected, documents: told })).toContainEqual(
    expect.objectContaining({ kind: "unexpected", subject: "app/keys.md" }),
  );
});

test("the whole check passes what is right, and searching finds what is only hidden", async () => {
  const check = (dataDirectory: string) => {
    const work = mkdtempSync(join(directory, "work-"));
    return checkDirectory({ dataDirectory, configFile, pushed, tokens: [], work });
  };
  const wrong = aCopy();
  hideFromSearch(wrong, id);

  const right = await check(data);
  const { differences } = await check(wrong);

  expect(right.differences).toEqual([]);
  expect(right.hits).toBeGreaterThan(0);
  expect(new Set(differences.map(({ kind }) => kind))).toEqual(new Set(["search"]));
}, 120_000);
