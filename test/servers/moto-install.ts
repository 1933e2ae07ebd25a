/** A Python environment of its own with moto in it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { fillCache } from "./cache.ts";
import { absenceOf } from "./maven-jars.ts";

const run = promisify(execFile);
const withinMs = 10 * 60_000;
const outputBytesMax = 8 << 20;

export const motoVersion = "5.2.5";
export const motoCache = `moto-${motoVersion}`;

/** The programs of an environment name the folder they were made in; its interpreter does not. */
export async function installMoto(): Promise<string> {
  const absence = await absenceOf("python3", "--version");
  if (absence) throw new Error(absence);
  return fillCache(motoCache, async (directory) => {
    await run("python3", ["-m", "venv", join(directory, "venv")]);
    const python = join(directory, "venv/bin/python");
    await run(python, ["-m", "pip", "install", "-q", `moto[server]==${motoVersion}`], {
      timeout: withinMs,
      maxBuffer: outputBytesMax,
    });
  });
}
