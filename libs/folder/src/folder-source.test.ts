import { rename, rm, symlink, utimes, writeFile, mkdir } from "node:fs/promises";
import { documentId, sourceName } from "@tidemark/domain";
import { PoisonError, type SourceState } from "@tidemark/pipeline";
import { FolderSource, type FolderSourceOptions } from "./folder-source.ts";
import type { FolderReport } from "./report.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const open = (folder: TemporaryFolder, options: Partial<FolderSourceOptions> = {}) =>
  FolderSource.open({ source: "files", root: folder.path, ...options });
const idOf = (key: string) => documentId(sourceName("files"), key);

/** `key: value` lines between two lines of dashes. */
const readFrontMatter: NonNullable<FolderSourceOptions["readFrontMatter"]> = (bytes) => {
  const block = /^---\n(.*?)---\n/s.exec(Buffer.from(bytes).toString());
  if (!block) return null;
  const fields = (block[1] ?? "").trim().split("\n");
  if (fields.some((field) => !field.includes(": "))) {
    throw new PoisonError("mapping-failed", "front matter: not a list of fields");
  }
  const frontMatter = Object.fromEntries(fields.map((field) => field.split(": ")));
  return { frontMatter, bodyOffset: Buffer.byteLength(block[0]) };
};

async function found(source: FolderSource, key: string) {
  const state = await source.read(key);
  if (state.kind !== "found" || !state.body) throw new Error(`${key}: ${JSON.stringify(state)}`);
  return { ...state, body: state.body };
}

test("a document is read with its type, time and policy", async () => {
  await using folder = await TemporaryFolder.create({ "hr/pay.md": "# Pay" });
  const hr = { kind: "only", principals: ["group:hr"] } as const;
  const rules = [{ match: "hr/**", permissions: hr, metadata: { area: "hr" }, tenant: "acme" }];
  const source = await open(folder, { rules });

  const state = await source.read("hr/pay.md");

  expect(state).toEqual({
    kind: "found",
    tenant: "acme",
    permissions: hr,
    archived: false,
    metadata: { area: "hr" },
    sourceDigest: expect.any(String),
    sourceTimeMs: expect.any(Number),
    body: {
      content: { kind: "text", text: "# Pay" },
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      contentType: "text/markdown",
      fileName: "pay.md",
      sizeBytes: 5,
    },
  } satisfies SourceState);
});

test("permissions that nothing states are unknown", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "a" });

  expect(await (await open(folder)).read("a.md")).toMatchObject({
    permissions: { kind: "unknown" },
  });
});

test("front matter wins over rules and does not count as content", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "---\ntitle: A\n---\nbody" });
  const source = await open(folder, { readFrontMatter, permissions: { kind: "public" } });
  const before = await found(source, "a.md");

  await folder.write("a.md", "---\ntitle: A\npermissions: group:hr\n---\nbody");
  const after = await found(source, "a.md");

  expect(before).toMatchObject({ permissions: { kind: "public" }, metadata: { title: "A" } });
  expect(after).toMatchObject({ permissions: { kind: "only", principals: ["group:hr"] } });
  expect(after.body.contentHash).toBe(before.body.contentHash);
  expect(after.sourceDigest).not.toBe(before.sourceDigest);
  await folder.write("a.md", "---\ntitle: A\n---\nother body");
  expect((await found(source, "a.md")).body.contentHash).not.toBe(before.body.contentHash);
});

test("malformed front matter is poison, whatever a rule permits", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "---\nnonsense\n---\nbody" });
  const source = await open(folder, { readFrontMatter, permissions: { kind: "public" } });

  await expect(source.read("a.md")).rejects.toMatchObject({ reason: "mapping-failed" });
});

test("an empty file is a document without content", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "" });

  const { body } = await found(await open(folder), "a.md");

  expect(body).toMatchObject({ content: { kind: "text", text: "" }, sizeBytes: 0 });
});

test("bytes that are no UTF-8, or no text, travel as they are", async () => {
  const broken = Uint8Array.of(0x61, 0xff, 0x62);
  await using folder = await TemporaryFolder.create({ "a.md": broken, "b.pdf": "%PDF" });
  const source = await open(folder);

  for (const [key, bytes] of [
    ["a.md", broken],
    ["b.pdf", Buffer.from("%PDF")],
  ] as const) {
    const { content } = (await found(source, key)).body;
    expect(content.kind).toBe("bytes");
    expect(Buffer.from((await source.fetch(idOf(key), content)) ?? [])).toEqual(Buffer.from(bytes));
  }
});

test("a large file travels as a reference, and is fetched while it is what was pinned", async () => {
  const text = "---\ntitle: L\n---\n" + "long ".repeat(400_000);
  await using folder = await TemporaryFolder.create({ "a.md": text });
  const source = await open(folder, { readFrontMatter });
  const inline = await open(folder, { readFrontMatter, inlineBytesMax: 10_000_000 });

  const { body, metadata } = await found(source, "a.md");
  const fetched = await source.fetch(idOf("a.md"), body.content);
  const { contentHash } = (await found(inline, "a.md")).body;
  await folder.write("a.md", text.replace("L", "M"));

  expect(metadata).toEqual({ title: "L" });
  expect(body.content).toMatchObject({ kind: "reference", location: "a.md" });
  expect(Buffer.from(fetched ?? []).toString()).toBe(text);
  expect(body.contentHash).toBe(contentHash);
  expect(await source.fetch(idOf("a.md"), body.content)).toBeNull();
  await rm(folder.at("a.md"));
  expect(await source.fetch(idOf("a.md"), body.content)).toBeNull();
});

test("a file past the limit is refused by its size alone, naming limit, value and setting", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "123456" });
  const source = await open(folder, { sizeBytesMax: 5 });

  await expect(source.read("a.md")).rejects.toMatchObject({
    reason: "size-limit",
    message: "the file has 6 bytes, more than vectors.extraction.input = 5",
  });
});

test("what is not included, or no regular file, is filtered", async () => {
  await using folder = await TemporaryFolder.create({
    "a.txt": "a",
    ".b.md": "b",
    "d.md/c.md": "",
  });
  const source = await open(folder, { include: ["**/*.md"] });

  for (const key of ["a.txt", ".b.md", "d.md", "../root/d.md/c.md", "x".repeat(2050) + ".md"]) {
    expect([key, await source.read(key)]).toEqual([key, { kind: "filtered" }]);
  }
});

test("what is absent is gone while the root is the root", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "a" });
  const source = await open(folder);

  expect(await source.read("b.md")).toEqual({ kind: "gone" });
  expect(await source.read("b/c.md")).toEqual({ kind: "gone" });
  expect(await source.read("a.md/c.md")).toEqual({ kind: "gone" });
  expect(await source.rootState()).toBe("listable");
});

test("what cannot be read is blocked, not gone", async () => {
  await using folder = await TemporaryFolder.create();
  await symlink("loop.md", folder.at("loop.md"));

  expect(await (await open(folder)).read("loop.md")).toEqual({ kind: "blocked", reason: "ELOOP" });
});

test("nothing is gone below a root that vanished or was replaced, until a person accepts it", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "a" });
  const source = await open(folder);
  await rename(folder.path, folder.beside("away"));

  expect(await source.rootState()).toBe("unlistable");
  await expect(source.read("a.md")).rejects.toMatchObject({ name: "TransientError" });

  await mkdir(folder.path);
  expect(await source.rootState()).toBe("changed");
  await expect(source.read("a.md")).rejects.toMatchObject({ name: "TransientError" });

  await source.acceptRoot();
  expect(await source.rootState()).toBe("listable");
  expect(await source.read("a.md")).toEqual({ kind: "gone" });
});

test("another root is noticed after a restart", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "a" });
  const { rootIdentity } = await open(folder);
  await rename(folder.path, folder.beside("away"));

  const vanished = await open(folder, { rootIdentity });
  expect(await vanished.rootState()).toBe("unlistable");

  await mkdir(folder.path);
  expect(await (await open(folder, { rootIdentity })).rootState()).toBe("changed");
});

test("links are followed to files below the root, never out of it or through directories", async () => {
  await using folder = await TemporaryFolder.create({ "real/a.md": "inside" });
  await writeFile(folder.beside("secret.md"), "secret");
  await symlink("real/a.md", folder.at("link.md"));
  await symlink("../secret.md", folder.at("out.md"));
  await symlink("..", folder.at("up"));
  await symlink(".", folder.at("cycle"));
  const source = await open(folder);

  expect((await found(source, "link.md")).body.content).toEqual({ kind: "text", text: "inside" });
  for (const key of ["out.md", "up/secret.md", "cycle/real/a.md", "cycle/cycle/link.md"]) {
    expect([key, await source.read(key)]).toEqual([key, { kind: "filtered" }]);
  }
  expect((await Array.fromAsync(source.list())).map(({ key }) => key)).toEqual([
    "link.md",
    "real/a.md",
  ]);
});

test("odd names round trip, and names that are no UTF-8 are counted", async () => {
  const names = [
    "two\nlines.md",
    "🦊.md",
    " space .md",
    "#1?.md",
    "100%25.md",
    "back\\slash.md",
    "é.md",
  ];
  await using folder = await TemporaryFolder.create(
    Object.fromEntries(names.map((name) => [`d/${name}`, name])),
  );
  await writeFile(Buffer.concat([Buffer.from(`${folder.path}/d/`), Buffer.of(0xff, 0x2e)]), "x");
  await folder.write("d/\uFFFD.md", "\uFFFD.md");
  const reports: FolderReport[] = [];
  const source = await open(folder, { onReport: (report) => reports.push(report) });

  const keys = (await Array.fromAsync(source.list())).map(({ key }) => key);

  expect(keys.toSorted()).toEqual([...names, "\uFFFD.md"].map((name) => `d/${name}`).toSorted());
  for (const key of keys) {
    const { content } = (await found(source, key)).body;
    expect(content).toEqual({ kind: "text", text: key.slice(2) });
  }
  expect(reports).toEqual([{ kind: "invalid-name", directory: "d", count: 1 }]);
});

test("a file put in another's place with its times kept has another digest", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "one", "b.md": "two" });
  const source = await open(folder);
  for (const key of ["a.md", "b.md"]) await utimes(folder.at(key), 1000, 1000);
  const before = await found(source, "a.md");

  await rename(folder.at("b.md"), folder.at("a.md"));

  expect((await found(source, "a.md")).sourceDigest).not.toBe(before.sourceDigest);
});
