/** Puts the tools that Tidemark is compared with into a scratch directory, and nowhere else. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const withinMs = 4 * 60_000;
const outputBytesMax = 8 << 20;

const langchainPackages = [
  "@langchain/core",
  "@langchain/classic",
  "@langchain/community",
  "@langchain/textsplitters",
  "onnxruntime-node",
];
const pythonPackages = ["cocoindex", "onnxruntime", "tokenizers", "numpy", "sqlite-vec"];
/** The first that is new enough, best with an SQLite that loads extensions. */
const pythons = ["python3.13", "python3.12", "/usr/bin/python3", "python3.11", "python3"];
const isFit =
  "import sys, sqlite3; sys.exit(0 if sys.version_info >= (3, 11) and hasattr(sqlite3.Connection, 'enable_load_extension') else 3)";
const isNewEnough = "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 3)";

/** @throws with what each way of installing answered */
export async function installLangchain(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "package.json"), '{ "name": "scratch", "private": true }\n');
  const install = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
  const environment = { ONNXRUNTIME_NODE_INSTALL: "skip" };
  await firstThatWorks([
    () =>
      tryRun(
        "npm",
        [...install, "--legacy-peer-deps", ...langchainPackages],
        directory,
        environment,
      ),
    () => tryRun("npm", [...install, "--force", ...langchainPackages], directory, environment),
  ]);
  return directory;
}

/** Answers the interpreter that has CocoIndex. @throws with what each way answered */
export async function installCocoindex(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const python = await findPython();
  const home = join(directory, "venv");
  const own = join(home, "bin/python");
  await firstThatWorks([
    async () => {
      await tryRun(python, ["-m", "venv", home], directory);
      await tryRun(own, ["-m", "pip", "install", "-q", ...pythonPackages], directory);
    },
    async () => {
      await tryRun(
        python,
        ["-m", "pip", "install", "-q", "--target", home, "virtualenv"],
        directory,
      );
      await tryRun(join(home, "bin/virtualenv"), [join(directory, "venv")], directory);
      await tryRun(own, ["-m", "pip", "install", "-q", ...pythonPackages], directory);
    },
  ]);
  return own;
}

async function findPython(): Promise<string> {
  for (const check of [isFit, isNewEnough]) {
    for (const python of pythons) {
      const fits = await run(python, ["-c", check]).then(
        () => true,
        () => false,
      );
      if (fits) return python;
    }
  }
  throw new Error(`none of ${pythons.join(", ")} is Python 3.11 or later`);
}

async function tryRun(
  program: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  try {
    await run(program, args, {
      cwd,
      timeout: withinMs,
      maxBuffer: outputBytesMax,
      env: { ...process.env, ...environment },
    });
  } catch (error) {
    const { message, stderr } = error as Error & { readonly stderr?: string };
    const told = (stderr ?? "").trim().split("\n").slice(-2).join(" ");
    throw new Error(`${program} ${args[0] ?? ""}: ${told || message}`, { cause: error });
  }
}

async function firstThatWorks(ways: readonly (() => Promise<void>)[]): Promise<void> {
  const problems: string[] = [];
  for (const way of ways) {
    try {
      await way();
      return;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(problems.join("; then "));
}
