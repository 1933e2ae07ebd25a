import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { eventually } from "./eventually.ts";
import { FolderSource, type FolderSourceOptions } from "./folder-source.ts";
import { TemporaryFolder } from "./temporary-folder.ts";
import type { WatchProblem } from "./watch-folder.ts";

class Watching implements Disposable {
  readonly hints: { key: string; expects: string; atMs: number }[] = [];
  readonly prefixes: string[] = [];
  readonly problems: WatchProblem[] = [];
  readonly #stop = new AbortController();

  static async start(folder: TemporaryFolder, options: Partial<FolderSourceOptions> = {}) {
    const watching = new Watching();
    const source = await FolderSource.open({ source: "files", root: folder.path, ...options });
    await source.watch(
      {
        onHint: (key, expects) => watching.hints.push({ key, expects, atMs: performance.now() }),
        onPrefix: (prefix) => watching.prefixes.push(prefix),
        onProblem: (problem) => watching.problems.push(problem),
      },
      watching.#stop.signal,
    );
    return watching;
  }

  hinted(key: string, expects: string): Promise<void> {
    return eventually(
      () => this.hints.some((hint) => hint.key === key && hint.expects === expects),
      () => this,
    );
  }

  prefixed(prefix: string): Promise<void> {
    return eventually(
      () => this.prefixes.includes(prefix),
      () => this,
    );
  }

  [Symbol.dispose]() {
    this.#stop.abort();
  }
}

test("files that are created, edited and removed become hints", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "a", "d/b.md": "b" });
  using watching = await Watching.start(folder);

  await folder.write("new.md", "new");
  await watching.hinted("new.md", "present");
  await folder.write("d/b.md", "edited");
  await watching.hinted("d/b.md", "present");
  await rm(folder.at("a.md"));
  await watching.hinted("a.md", "absent");
});

test("several writes within the wait make one hint, and it comes soon", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "a" });
  using watching = await Watching.start(folder);

  const editedAtMs = performance.now();
  await folder.write("a.md", "edited");
  await watching.hinted("a.md", "present");
  await folder.write("b.md", "the next");
  await watching.hinted("b.md", "present");

  const [first, ...others] = watching.hints.filter(({ key }) => key === "a.md");
  expect((first?.atMs ?? Infinity) - editedAtMs).toBeLessThan(10_000);
  expect(others).toEqual([]);
});

test("a file that is renamed over another, and one that is moved, become hints", async () => {
  await using folder = await TemporaryFolder.create({ "a.md": "a", "d/b.md": "b" });
  using watching = await Watching.start(folder);

  await folder.write(".a.md.tmp", "saved");
  await rename(folder.at(".a.md.tmp"), folder.at("a.md"));
  await watching.hinted("a.md", "present");
  await rename(folder.at("d/b.md"), folder.at("c.md"));
  await watching.hinted("d/b.md", "absent");
  await watching.hinted("c.md", "present");
  expect(watching.hints.map(({ key }) => key)).not.toContain(".a.md.tmp");
});

test("a new tree is hinted and watched, however fast it came", async () => {
  await using folder = await TemporaryFolder.create();
  using watching = await Watching.start(folder);

  await folder.write("x/y/z/a.md", "a");
  await watching.hinted("x/y/z/a.md", "present");
  await folder.write("x/y/z/b.md", "b");
  await watching.hinted("x/y/z/b.md", "present");
});

test("a moved directory is a prefix where it was and documents where it is", async () => {
  await using folder = await TemporaryFolder.create({ "old/deep/a.md": "a" });
  using watching = await Watching.start(folder);

  await rename(folder.at("old"), folder.at("new"));
  await watching.prefixed("old/");
  await watching.hinted("new/deep/a.md", "present");
  await folder.write("new/deep/a.md", "edited where it is now");
  await folder.write("new/deep/b.md", "b");
  await watching.hinted("new/deep/b.md", "present");
  expect(
    watching.hints.filter(({ key, expects }) => key.startsWith("old/") && expects === "present"),
  ).toEqual([]);
});

test("a directory put in another's place is a prefix, and documents", async () => {
  await using folder = await TemporaryFolder.create({ "a/x.md": "x", "b/y.md": "y" });
  using watching = await Watching.start(folder);

  await rename(folder.at("a"), folder.beside("a"));
  await rename(folder.at("b"), folder.at("a"));
  await watching.prefixed("a/");
  await watching.prefixed("b/");
  await watching.hinted("a/y.md", "present");
  await folder.write("a/z.md", "z");
  await watching.hinted("a/z.md", "present");
});

test("a removed directory is a prefix", async () => {
  await using folder = await TemporaryFolder.create({ "d/e/a.md": "a" });
  using watching = await Watching.start(folder);

  await rm(folder.at("d"), { recursive: true });

  await watching.prefixed("d/");
});

test("directories that are excluded, or links, are not watched", async () => {
  await using folder = await TemporaryFolder.create({ ".git/a.md": "", "node_modules/a.md": "" });
  await mkdir(folder.beside("other"));
  await symlink("../other", folder.at("link"));
  using watching = await Watching.start(folder);

  await folder.write(".git/b.md", "");
  await folder.write("node_modules/b.md", "");
  await writeFile(folder.beside("other/c.md"), "");
  await folder.write("last.md", "");
  await watching.hinted("last.md", "present");

  expect(watching.hints.map(({ key }) => key)).toEqual(["last.md"]);
});

test("watching goes on when the root vanishes and returns, and asks for a scan", async () => {
  await using folder = await TemporaryFolder.create({ "d/a.md": "a" });
  using watching = await Watching.start(folder);

  await rename(folder.path, folder.beside("away"));
  await eventually(
    () => watching.problems.some(({ kind }) => kind === "root-lost"),
    () => watching,
  );
  expect(watching.hints).toEqual([]);
  await rename(folder.beside("away"), folder.path);
  await watching.prefixed("");
  await folder.write("d/a.md", "edited");
  await watching.hinted("d/a.md", "present");
});

test("a root that is not there yet is waited for", async () => {
  await using folder = await TemporaryFolder.create();
  await rm(folder.path, { recursive: true });
  using watching = await Watching.start(folder, { rootIdentity: "1:1" });
  expect(watching.problems).toMatchObject([{ kind: "root-lost" }]);

  await mkdir(folder.path);
  await watching.prefixed("");
  await folder.write("a.md", "a");
  await watching.hinted("a.md", "present");
});
