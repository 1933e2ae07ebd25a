import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseKeys } from "@tidemark/api";
import { aStatus } from "../fake-answers.ts";
import { runFake, startFakeProcess } from "../fake-terminal.ts";

async function aFolder() {
  const path = await mkdtemp(join(tmpdir(), "tidemark-cli-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("init writes a config that checks, and never over another", async () => {
  await using folder = await aFolder();
  const at = { workingDirectory: folder.path };

  const first = await runFake(["init"], at);
  const checked = await runFake(["config", "check"], at);
  const second = await runFake(["init"], at);

  expect(first.exitCode).toBe(0);
  expect(checked).toMatchObject({ exitCode: 0, stdout: "ok\n" });
  expect(second.exitCode).toBe(1);
  expect(second.stderr).toContain("exists already");
  const schema = await readFile(join(folder.path, "tidemark.schema.json"), "utf8");
  const printed = await runFake(["config", "schema"]);
  expect(JSON.parse(schema)).toEqual(JSON.parse(printed.stdout));
});

test("what a config asks for and no process runs is told before one is started", async () => {
  await using folder = await aFolder();
  await writeFile(
    join(folder.path, "tidemark.yaml"),
    "version: 1\nsources: { app: { kind: push, permissions: public, quota: { documents: 9 } } }\n",
  );
  const at = { workingDirectory: folder.path };

  const told = await runFake(["config", "check"], at);
  const json = await runFake(["config", "check", "--json"], at);

  expect(told).toMatchObject({ exitCode: 78 });
  expect(told.stdout).toBe("sources.app.quota: this version does not run it yet\n");
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, unbuilt: ["sources.app.quota"] });
});

test("everything wrong in a config is told at once, with its place", async () => {
  await using folder = await aFolder();
  await writeFile(
    join(folder.path, "tidemark.yaml"),
    "version: 1\nsources:\n  docs: { kind: folder, path: ./docs, scan: 5 }\n  app: { kind: psh }\n",
  );

  const told = await runFake(["config", "check"], { workingDirectory: folder.path });
  const json = await runFake(["config", "check", "--json"], { workingDirectory: folder.path });

  expect(told.exitCode).toBe(78);
  expect(told.stdout).toMatch(/tidemark\.yaml:3:\d+ .*\n.*tidemark\.yaml:4:\d+ /u);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    problems: [{ line: 3 }, { line: 4 }],
  });
});

test("a config that is not there is named", async () => {
  const { exitCode, stderr } = await runFake(["config", "check", "none.yaml"]);

  expect(exitCode).toBe(78);
  expect(stderr).toContain("none.yaml cannot be read");
});

test("a key is shown once and kept as a hash that only its owner may read", async () => {
  await using folder = await aFolder();
  const file = join(folder.path, "keys");

  const made = await runFake([
    "keys",
    "create",
    "app",
    "--scope",
    "search",
    "--scope",
    "write",
    "--tenant",
    "acme",
    "--file",
    file,
  ]);
  const [key = ""] = made.stdout.split("\n");
  const hashed = await runFake(["keys", "hash"], { stdin: `${key}\n` });
  const again = await runFake(["keys", "create", "app", "--file", file]);

  const text = await readFile(file, "utf8");
  expect(key).toMatch(/^tm_/u);
  expect(text).not.toContain(key);
  expect(parseKeys(text)).toMatchObject([
    { name: "app", hash: hashed.stdout.trim(), scopes: ["search", "write"], tenants: ["acme"] },
  ]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(again.exitCode).toBe(78);
  expect(await readFile(file, "utf8")).toBe(text);
});

test("a key that would be an admin of one tenant is not made", async () => {
  const { exitCode, stderr } = await runFake([
    "keys",
    "create",
    "boss",
    "--scope",
    "admin",
    "--tenant",
    "acme",
  ]);

  expect(exitCode).toBe(2);
  expect(stderr).toContain("an admin sees everything");
});

test("the process is found by the note in its data directory", async () => {
  await using folder = await aFolder();
  await using process = await startFakeProcess({ "GET /v1/status": aStatus() });
  const note = JSON.stringify({ url: process.url, pid: 1 });
  await mkdir(join(folder.path, ".tidemark"));
  await writeFile(join(folder.path, ".tidemark/process.json"), note);
  await mkdir(join(folder.path, "elsewhere"));
  await writeFile(join(folder.path, "elsewhere/process.json"), note);

  for (const rest of [[], ["--data-dir", "elsewhere"]]) {
    const { exitCode } = await runFake(["status", ...rest], { workingDirectory: folder.path });

    expect(exitCode).toBe(0);
  }
});

test("an address that is none is said to be", async () => {
  const { exitCode, stderr } = await runFake(["status", "--url", "localhost:8787"]);

  expect(exitCode).toBe(2);
  expect(stderr).toContain("localhost:8787 is not an address");
});

test("a restore that cannot be made says why", async () => {
  await using folder = await aFolder();

  const { exitCode, stderr } = await runFake(["restore", "none.backup"], {
    workingDirectory: folder.path,
  });

  expect(exitCode).toBe(1);
  expect(stderr).toContain("none.backup");
});

test.each([
  [["serach", "a"], "search"],
  [["search"], "query"],
  [["search", "a", "--limit", "many"], "whole number"],
  [["search", "a", "--wait", "5"], "duration"],
  [["search", "a", "--filter", "area"], "field=value"],
])("%j is not understood, and the way is shown", async (commandLine, hint) => {
  const { exitCode, stderr } = await runFake(commandLine);

  expect(exitCode).toBe(2);
  expect(stderr).toContain(hint);
});

test("help tells the exit codes", async () => {
  const { exitCode, stdout } = await runFake(["--help"]);

  expect(exitCode).toBe(0);
  for (const word of ["Exit codes", "69", "78", "TIDEMARK_KEY"]) expect(stdout).toContain(word);
});
