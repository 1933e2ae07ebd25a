/** The requirements map names tests that exist. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const testSources = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => /\.test\.ts$|^test\/|^libs\/testing\//u.test(path))
  .map((path) => readFileSync(join(root, path), "utf8"))
  .join("\n");
const rows = readFileSync(join(root, "docs/requirements.md"), "utf8")
  .split("\n")
  .map((line) => /^\| (?<id>[\dNP]\S*) +\| (?<what>.+?) +\| (?<name>.+?) +\|$/u.exec(line)?.groups)
  .filter((groups) => groups !== undefined);

test("each row of the requirements map names a test that exists", () => {
  const missing = rows.filter(({ name }) => !testSources.includes(name ?? "?"));

  expect(rows.length).toBeGreaterThan(50);
  expect(missing).toEqual([]);
});

test("no requirement stands twice in the map", () => {
  const ids = rows.map(({ id }) => id);

  expect(new Set(ids).size).toBe(ids.length);
});
