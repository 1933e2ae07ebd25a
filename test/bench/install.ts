/** What a fresh clone costs: seconds, bytes downloaded, bytes on the disk. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository } from "./machine.ts";
import type { Part, PartContext, PartReport } from "./part.ts";
import { mebibytes, number } from "./statistics.ts";

const run = promisify(execFile);
const outputBytesMax = 32 << 20;
const largestShown = 12;

export const installPart: Part = {
  name: "install",
  title: "Install",
  withinMs: 5 * 60_000,

  async run({ directory, progress, signal }: PartContext): Promise<PartReport> {
    const [clone, cache] = [join(directory, "clone"), join(directory, "cache")];
    await mkdir(cache, { recursive: true });
    const options = { signal, maxBuffer: outputBytesMax };
    await run("git", ["clone", "-q", "--depth=1", `file://${repository}`, clone], options);
    const cloned = await sizeOf(clone);
    progress("a fresh clone is installed");
    const beganAtMs = performance.now();
    await run("npm", ["ci", "--no-audit", "--no-fund", "--cache", cache], {
      ...options,
      cwd: clone,
    });
    const tookMs = performance.now() - beganAtMs;
    const modules = join(clone, "node_modules");
    const [downloaded, installed] = await Promise.all([
      sizeOf(join(cache, "_cacache/content-v2")),
      sizeOf(modules),
    ]);
    const packages = await sizesIn(modules);
    const { stdout } = await run("npm", ["ls", "--all", "--parseable"], { ...options, cwd: clone });
    return {
      method:
        "A fresh clone with an empty npm cache: what `npm ci` downloads (the packed packages in its cache), writes and takes. The registry's speed and distance are in the time.",
      tables: [
        {
          columns: ["", ""],
          rows: [
            ["clone with the model, MiB on disk, its history left out", mebibytes(cloned)],
            ["`npm ci`, s", number(tookMs / 1000, 1)],
            ["downloaded, MiB", mebibytes(downloaded)],
            ["`node_modules`, MiB on disk", mebibytes(installed)],
            ["packages", number(new Set(stdout.trim().split("\n")).size)],
          ],
        },
        {
          columns: ["largest packages", "MiB on disk"],
          rows: packages.slice(0, largestShown).map(({ bytes, name }) => [name, mebibytes(bytes)]),
        },
      ],
      goals: [],
      notes: [],
    };
  },
};

async function sizeOf(path: string): Promise<number> {
  const { stdout } = await run("du", ["-sk", "--exclude=.git", path]);
  return Number(stdout.split("\t")[0]) * 1024;
}

async function sizesIn(modules: string): Promise<{ name: string; bytes: number }[]> {
  const { stdout } = await run("du", ["-k", "--max-depth=2", modules], {
    maxBuffer: outputBytesMax,
  });
  return stdout
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [kilobytes = "", path = ""] = line.split("\t");
      const name = path.slice(modules.length + 1);
      const isPackage = name.startsWith("@") ? name.includes("/") : !name.includes("/");
      return name !== "" && isPackage ? [{ name, bytes: Number(kilobytes) * 1024 }] : [];
    })
    .sort((a, b) => b.bytes - a.bytes);
}
