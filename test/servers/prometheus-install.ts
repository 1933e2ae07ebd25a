/** Prometheus and promtool: on PATH, or out of Debian's package, unpacked so that no service starts. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory, fillCache } from "./cache.ts";

const run = promisify(execFile);
const cacheName = "prometheus-debian";
const withinMs = 10 * 60_000;

/** A folder with both programs; null where there is none. */
export function prometheusPrograms(): string | null {
  const onPath = (process.env["PATH"] ?? "").split(delimiter);
  const has = (folder: string) =>
    ["prometheus", "promtool"].every((program) => existsSync(join(folder, program)));
  return [...onPath, join(cacheDirectory(cacheName), "usr/bin")].find(has) ?? null;
}

export async function installPrometheus(): Promise<string> {
  const found = prometheusPrograms();
  if (found) return found;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error("no Prometheus is installed, and only root can fetch Debian's package");
  }
  await run("apt-get", ["update", "-q"], { timeout: withinMs, maxBuffer: 8 << 20 });
  await fillCache(cacheName, async (directory) => {
    const options = { cwd: directory, timeout: withinMs };
    await run(
      "apt-get",
      ["download", "-q", "-o", "APT::Sandbox::User=root", "prometheus"],
      options,
    );
    const [file] = (await readdir(directory)).filter((name) => name.endsWith(".deb"));
    if (!file) throw new Error("apt-get has downloaded no package of Prometheus");
    await run("dpkg-deb", ["-x", file, "."], options);
    await rm(join(directory, file));
  });
  const installed = prometheusPrograms();
  if (!installed) throw new Error("Debian's package brought no Prometheus");
  return installed;
}
