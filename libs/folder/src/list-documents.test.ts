import { rename } from "node:fs/promises";
import * as fc from "fast-check";
import { compareKeys } from "@tidemark/domain";
import { FolderSource, type FolderSourceOptions } from "./folder-source.ts";
import type { FolderReport } from "./report.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const open = (folder: TemporaryFolder, options: Partial<FolderSourceOptions> = {}) =>
  FolderSource.open({ source: "files", root: folder.path, ...options });

async function keysOf(source: FolderSource): Promise<string[]> {
  return (await Array.fromAsync(source.list())).map(({ key }) => key);
}

test("keys come in the order of their bytes, not of directories or UTF-16", async () => {
  await using folder = await TemporaryFolder.create({
    "a/x.md": "",
    "a-b.md": "",
    "a.md": "",
    "a0.md": "",
    "a b/x.md": "",
    "\uFF01.md": "",
    "😀.md": "",
  });

  expect(await keysOf(await open(folder))).toEqual([
    "a b/x.md",
    "a-b.md",
    "a.md",
    "a/x.md",
    "a0.md",
    "\uFF01.md",
    "😀.md",
  ]);
});

test("any tree is listed whole and in order", async () => {
  const segment = fc.stringMatching(/^[a-c!\-0\u{FF01}\u{1F600}]{1,3}$/u);
  const key = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), async (written) => {
      const isParent = (one: string) => written.some((other) => other.startsWith(`${one}/`));
      const keys = written.filter((one) => !isParent(one));
      await using folder = await TemporaryFolder.create(
        Object.fromEntries(keys.map((one) => [one, ""])),
      );

      expect(await keysOf(await open(folder))).toEqual(keys.toSorted(compareKeys));
    }),
    { numRuns: 40 },
  );
});

test("the digest that is listed is the one that is read", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "a", "b/c.md": "c" });
  const source = await open(folder);

  for await (const { key, digest } of source.list()) {
    expect(await source.read(key)).toMatchObject({ sourceDigest: digest });
  }
});

test("a changed rule changes the digests of the documents it matches, and no others", async () => {
  await using folder = await TemporaryFolder.create({ "hr/a.md": "a", "b.md": "b" });
  const listWith = async (options: Partial<FolderSourceOptions>) =>
    Object.fromEntries(
      (await Array.fromAsync((await open(folder, options)).list())).map(({ key, digest }) => [
        key,
        digest,
      ]),
    );
  const plain = await listWith({});

  const ruled = await listWith({ rules: [{ match: "hr/**", archived: true }] });
  const limited = await listWith({ sizeBytesMax: 1 });
  const refused = await listWith({ sizeBytesMax: 0 });

  expect(ruled["hr/a.md"]).not.toBe(plain["hr/a.md"]);
  expect(ruled["b.md"]).toBe(plain["b.md"]);
  expect(limited).toEqual(plain);
  expect(refused["b.md"]).not.toBe(plain["b.md"]);
});

test("excluded directories are not entered, and a key too long for an id is reported", async () => {
  const long = `${"d".repeat(200)}/`.repeat(11) + "a.md";
  await using folder = await TemporaryFolder.create({
    "a.md": "",
    ".git/HEAD": "",
    "x/node_modules/y.md": "",
    "x/.cache/y.md": "",
    [long]: "",
  });
  const reports: FolderReport[] = [];
  const source = await open(folder, { onReport: (report) => reports.push(report) });

  expect(await keysOf(source)).toEqual(["a.md"]);
  expect(reports).toEqual([{ kind: "key-too-long", key: long }]);
});

test("a root that cannot be listed is no empty root", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "" });
  const source = await open(folder);
  await rename(folder.path, folder.beside("away"));

  await expect(keysOf(source)).rejects.toMatchObject({ name: "TransientError" });
});

test("a root that is replaced while it is listed fails the listing", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "", "b/c.md": "" });
  await using other = await TemporaryFolder.create({ "a.md": "" });
  const listing = (await open(folder)).list()[Symbol.asyncIterator]();

  await listing.next();
  await rename(folder.path, folder.beside("away"));
  await rename(other.path, folder.path);

  await expect(
    (async () => {
      while (!(await listing.next()).done);
    })(),
  ).rejects.toMatchObject({ name: "TransientError" });
});
