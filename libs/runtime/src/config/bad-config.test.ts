import { readFileSync } from "node:fs";
import { array, assert, constantFrom, nat, property, tuple } from "fast-check";
import { badConfigs, versionLine as head } from "./bad-configs.ts";
import { checkConfig } from "./load-config.ts";

test.each(badConfigs)("$about", ({ text, told }) => {
  const { config, problems } = check(text);

  expect(problems.map(line)).toEqual(told);
  expect(problems.every((problem) => problem.severity === "error" && problem.why !== "")).toBe(
    true,
  );
  expect(config).toBeUndefined();
});

test("no problem prints what an environment variable holds", () => {
  const { problems } = check(`${head}server: { memoryMax: "\${env:SHOP}" }\n`);

  expect(problems.map(line)).toEqual([
    "2:22 server.memoryMax | the value of ${env:SHOP} is not a size | write 1GiB",
  ]);
});

test("a secret in plain text is a warning that does not repeat it", () => {
  const text = `${head}server: { listen: "0.0.0.0:1", keys: hunter2 }\n`;

  const { config, problems } = check(text);

  expect(problems.map(line)).toEqual([
    '2:38 server.keys | a secret stands here in plain text | write "${env:SERVER_KEYS}" and set the variable',
  ]);
  expect(problems[0]?.severity).toBe("warning");
  expect(JSON.stringify(problems)).not.toContain("hunter2");
  expect(config?.server.keys?.reveal()).toBe("hunter2");
});

test("whatever is done to a file, each fault has a place and words, and nothing is thrown", () => {
  const lines = readFileSync(new URL("./fixtures/tidemark.yaml", import.meta.url), "utf8").split(
    "\n",
  );
  const junk = constantFrom(
    "",
    " ",
    "\t",
    "- a",
    "{",
    "]: x",
    "? x",
    "&a *a",
    "!t",
    "${",
    ": null",
    "x: [1, {a: }]",
  );

  assert(
    property(
      array(tuple(nat(lines.length - 1), nat(60), junk), { minLength: 1, maxLength: 4 }),
      (edits) => {
        const edited = [...lines];
        for (const [row, column, put] of edits) {
          const old = edited[row] ?? "";
          edited[row] = old.slice(0, column) + put + old.slice(column + put.length);
        }
        const { problems } = check(edited.join("\n"));
        for (const problem of problems) {
          expect(problem.line).toBeGreaterThan(0);
          expect([problem.what, problem.why, problem.fix].every((words) => words.length > 0)).toBe(
            true,
          );
          expect(JSON.stringify(problem)).not.toMatch(/undefined|\{value\}|\[object/u);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("aliases are read, and too many of them are refused", () => {
  const few = "x: &a { wait: 1s }\ny: *a\n";
  const bomb = Array.from({ length: 12 }, (_, level) => {
    const below =
      level === 0
        ? "[x, x, x, x]"
        : `[${Array(9)
            .fill(`*a${level - 1}`)
            .join(", ")}]`;
    return `k${level}: &a${level} ${below}`;
  }).join("\n");

  expect(check(head + few).problems.map((problem) => problem.path)).toEqual(["x", "y"]);
  expect(check(`${head}${bomb}\n`).problems.map((problem) => problem.what)).toEqual([
    "the file unfolds into too much",
  ]);
});

test("a file past the bound on size or depth is refused, not read", () => {
  const large = check(`${head}# ${"x".repeat(1024 ** 2)}\n`);
  const deep = check(`${head}server: ${"[".repeat(100)}${"]".repeat(100)}\n`);
  const abyss = check(`${head}server: ${"[".repeat(200_000)}\n`);

  expect(large.problems.map((problem) => problem.what)).toEqual(["the file is too large"]);
  expect(deep.problems.map((problem) => problem.what)).toEqual(["the nesting is too deep"]);
  expect(abyss.config).toBeUndefined();
  expect(abyss.problems.length).toBeGreaterThan(0);
});

function check(text: string) {
  return checkConfig({
    files: [{ name: "t.yaml", text }],
    environment: { SHOP: "postgres://shop:hunter2@db.internal/shop" },
    readFile: (path) => {
      throw Object.assign(new Error(`no ${path}`), { code: "ENOENT" });
    },
  });
}

function line({
  line: row,
  column,
  path,
  what,
  fix,
}: ReturnType<typeof check>["problems"][number]) {
  return `${row}:${column} ${path} | ${what} | ${fix}`;
}

test.each([
  ["the place of a map that has one", "log: { kind: kafka, brokers: [a:1], sasl: hunter2 }"],
  ["the place of a source", "sources: { shop: hunter2 }"],
  ["a URL where none is expected", "log: { kind: kafka, brokers: [http://a:hunter2@b/c] }"],
  [
    "a URL that is cut off",
    `sources: { a: { kind: push, tenant: "http://a:hunter2@${"b".repeat(80)}" }, b: 1 }`,
  ],
])("a secret in %s is not repeated", (_, text) => {
  const { config, problems } = check(`${head}${text}\n`);

  expect(config).toBeUndefined();
  expect(problems.length).toBeGreaterThan(0);
  expect(JSON.stringify(problems)).not.toContain("hunter2");
});
