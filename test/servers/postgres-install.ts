/** Where the programs of a Postgres server are, and Debian's package for where there are none. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const packagedUnder = "/usr/lib/postgresql";
const withinMs = 10 * 60_000;
const oldestVersion = 14;

/** A folder with `initdb` and `postgres`, the newest version first; null where there is none. */
export function postgresPrograms(): string | null {
  const packaged = existsSync(packagedUnder)
    ? readdirSync(packagedUnder)
        .map(Number)
        .filter((version) => version >= oldestVersion)
        .sort((a, b) => b - a)
        .map((version) => join(packagedUnder, String(version), "bin"))
    : [];
  const onPath = (process.env["PATH"] ?? "").split(delimiter);
  const has = (folder: string) =>
    ["initdb", "postgres"].every((program) => existsSync(join(folder, program)));
  return [...packaged, ...onPath].find(has) ?? null;
}

export async function installPostgres(): Promise<string> {
  const found = postgresPrograms();
  if (found) return found;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error("no Postgres server is installed, and only root can install Debian's package");
  }
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: readonly string[]) =>
    run("apt-get", args, { env: environment, timeout: withinMs, maxBuffer: 8 << 20 });
  await apt("update", "-q");
  await apt("install", "-q", "-y", "--no-install-recommends", "postgresql");
  const installed = postgresPrograms();
  if (!installed) throw new Error("Debian's package brought no server");
  return installed;
}
