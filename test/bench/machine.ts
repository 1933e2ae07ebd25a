/** The machine and the versions that figures belong to. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { mebibytes } from "./statistics.ts";

export const repository = join(import.meta.dirname, "../..");

/** Lines of Markdown. */
export function describeMachine(): readonly string[] {
  const [cpu] = cpus();
  const vnni = /avx512_vnni|avx_vnni/u.test(cpuFlags()) ? ", with VNNI" : "";
  return [
    `- machine: ${availableParallelism()} cores of ${cpu?.model ?? "an unknown CPU"}${vnni}, ${mebibytes(totalmem())} MiB, ${platform()} ${release()} ${arch()}`,
    `- versions: Tidemark at ${commit()}, Node ${process.versions.node}, SQLite ${process.versions["sqlite"] ?? "unknown"}, onnxruntime-node ${versionOf("onnxruntime-node")}`,
  ];
}

export function load(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(", ");
}

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync("git", args, { cwd: repository, encoding: "utf8" }).trim();
    const changed = git("status", "--porcelain", "--untracked-files=no", "--", "libs", "services");
    return `${git("rev-parse", "--short=10", "HEAD")}${changed === "" ? "" : " with changes"}`;
  } catch {
    return "an unknown commit";
  }
}

function versionOf(name: string): string {
  const path = join(repository, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}

function cpuFlags(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}
