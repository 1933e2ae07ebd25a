import { mkdir, readdir, readFile, rename, symlink } from "node:fs/promises";
import { probeSentence } from "@tidemark/domain";
import { readFrontMatter } from "@tidemark/extract";
import { FolderSource } from "./folder-source.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const asker = { tenant: "tidemark:probe", principals: ["tidemark:probe"] };
const key = "tidemark-probe.md";
const sentence = (round: number) => probeSentence("files", round, round);

async function open(
  folder: TemporaryFolder,
  at = key,
  { listedHere = true, rootIdentity = null as string | null } = {},
) {
  const source = await FolderSource.open({
    source: "files",
    root: folder.path,
    permissions: { kind: "public" },
    readFrontMatter,
    rootIdentity,
  });
  return { source, probe: source.probe({ key: at, asker, listedHere }) };
}

test("is read by the source as a document of its own, for nobody but who asks for it", async () => {
  await using folder = await TemporaryFolder.create();
  const { probe, source } = await open(folder);

  await probe.write(sentence(1));
  await probe.write(sentence(2));

  const state = await source.read(key);
  expect(state).toMatchObject({
    kind: "found",
    tenant: "tidemark:probe",
    permissions: { kind: "only", principals: ["tidemark:probe"] },
    body: { content: { kind: "text", text: expect.stringContaining(sentence(2)) } },
  });
  expect(await readFile(folder.at(key), "utf8")).not.toContain(sentence(1));
});

test("is deleted, and one that is not there is no trouble", async () => {
  await using folder = await TemporaryFolder.create();
  const { probe, source } = await open(folder);
  await probe.write(sentence(1));

  await probe.delete();
  await probe.delete();

  expect(await readdir(folder.path)).toEqual([]);
  expect(await source.read(key)).toMatchObject({ kind: "gone" });
});

test("leaves nothing beside it, and does not grow", async () => {
  await using folder = await TemporaryFolder.create({ "sub/a.md": "a" });
  const { probe } = await open(folder, "sub/probe.md");
  await folder.write("sub/.#tidemark-probe~", "left by a process that was killed");

  for (let round = 1; round <= 5; round += 1) await probe.write(sentence(round));

  expect((await readdir(folder.at("sub"))).toSorted()).toEqual(["a.md", "probe.md"]);
  expect((await readFile(folder.at("sub/probe.md"), "utf8")).length).toBeLessThan(400);
});

test.each([
  ["a document of somebody else's", (folder: TemporaryFolder) => folder.write(key, "# Ours")],
  ["an empty one", (folder: TemporaryFolder) => folder.write(key, "")],
  [
    "one whose front matter alone speaks of a probe",
    (folder: TemporaryFolder) => folder.write(key, "---\ntitle: Tidemark probe\n---\n# Ours\n"),
  ],
  ["a directory", (folder: TemporaryFolder) => mkdir(folder.at(key)).then(() => {})],
  [
    "a link",
    async (folder: TemporaryFolder) => {
      await folder.write("other.md", sentence(0));
      await symlink(folder.at("other.md"), folder.at(key));
    },
  ],
])("is not written over and not deleted where it is %s", async (_, put) => {
  await using folder = await TemporaryFolder.create();
  await put(folder);
  const { probe } = await open(folder);
  const before = await readdir(folder.path);

  await expect(probe.write(sentence(1))).rejects.toThrow(/left alone/u);
  await expect(probe.delete()).rejects.toThrow(/left alone/u);

  expect(await readdir(folder.path)).toEqual(before);
});

test("is not written through a link out of the folder", async () => {
  await using folder = await TemporaryFolder.create();
  await mkdir(folder.beside("outside"));
  await symlink(folder.beside("outside"), folder.at("sub"));
  const { probe } = await open(folder, "sub/probe.md");

  await expect(probe.write(sentence(1))).rejects.toThrow(/left alone/u);

  expect(await readdir(folder.beside("outside"))).toEqual([]);
});

test("is not written where the folder is another one than it was", async () => {
  await using folder = await TemporaryFolder.create();
  const { probe } = await open(folder);
  await rename(folder.path, folder.beside("away"));
  await mkdir(folder.path);

  await expect(probe.write(sentence(1))).rejects.toThrow(/root/u);

  expect(await readdir(folder.path)).toEqual([]);
});

test("is written by a machine to which the folder is another device than where it is listed", async () => {
  await using folder = await TemporaryFolder.create();
  const foreign = { rootIdentity: "1:1", listedHere: false };
  const { probe } = await open(folder, key, foreign);

  await probe.write(sentence(1));
  await rename(folder.path, folder.beside("away"));
  await mkdir(folder.path);

  await expect(probe.write(sentence(2))).rejects.toThrow(/root/u);
  expect(await readdir(folder.beside("away"))).toEqual([key]);
  expect(await readdir(folder.path)).toEqual([]);
});

test("a directory that is not there is said to be missing, and is not made", async () => {
  await using folder = await TemporaryFolder.create();
  const { probe } = await open(folder, "no/probe.md");

  await expect(probe.write(sentence(1))).rejects.toThrow("no/probe.md cannot be written: ENOENT");

  expect(await readdir(folder.path)).toEqual([]);
});
