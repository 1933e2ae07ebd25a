/** The code that is generated from proto/ is committed, and is what would be generated now. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { describeWith, type Finding } from "./servers/available.ts";

const root = resolve(import.meta.dirname, "..");
const generated = "libs/rpc/src/gen";
const bin = join(root, "node_modules/.bin");
const options = {
  cwd: join(root, "proto"),
  // `buf` starts its plugin by name.
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"]}` },
  encoding: "utf8",
} as const;

describeWith("the contract", findBuf(), () => {
  test("code generated from proto/ is committed as it comes out: `npm run proto`", () => {
    const scratch = mkdtempSync(join(tmpdir(), "tidemark-proto-"));
    try {
      // The template's own output directory is relative to this one.
      execFileSync(join(bin, "buf"), ["generate", "--output", join(scratch, "proto")], options);

      expect(filesOf(join(root, generated))).toEqual(filesOf(join(scratch, generated)));
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  test("contracts keep to the rules of buf", () => {
    const { status, stdout } = spawnSync(join(bin, "buf"), ["lint"], options);

    expect(stdout).toBe("");
    expect(status).toBe(0);
  });
});

function filesOf(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".ts")).sort();
  return Object.fromEntries(
    files.map((name) => [name, readFileSync(join(directory, name), "utf8")]),
  );
}

function findBuf(): Finding<AsyncDisposable> {
  const { error, status, stderr } = spawnSync(join(bin, "buf"), ["--version"], options);
  if (status !== 0) {
    return { kind: "absent", name: "buf", reason: error?.message ?? stderr.trim() };
  }
  const start = () => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() });
  return { kind: "found", name: "buf", start };
}
