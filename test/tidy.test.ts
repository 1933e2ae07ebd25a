/** Rules about the repository itself. */
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 1 << 26,
})
  .split("\n")
  .filter((path) => path !== "");
const sources = tracked.filter((path) => /^(libs|services|test)\/.*\.ts$/u.test(path));
const isTest = (path: string) => /\.test\.ts$|^test\//u.test(path);
const read = (path: string) => readFileSync(join(root, path), "utf8");

const importsOf = (path: string): string[] =>
  [...read(path).matchAll(/(?<!")(?:from|import\(|resolve\()\s*"(?<name>[^"]+)"/gu)].map(
    (match) => match.groups?.["name"] ?? "",
  );

const packages = ["libs", "services"].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
);

test("no relative import leaves its package", () => {
  const strays = sources.flatMap((path) =>
    importsOf(path)
      .filter((name) => name.startsWith("."))
      .map((name) => relative(root, resolve(root, dirname(path), name)))
      .filter((target) => {
        const home = path.split("/").slice(0, 2).join("/");
        return !path.startsWith("test/") && !target.startsWith(`${home}/`);
      })
      .map((target) => `${path} → ${target}`),
  );

  // The version a service tells is its package's own.
  expect(strays).toEqual([]);
});

test("a package depends on what it imports and on nothing else", () => {
  const wrong = packages.flatMap((home) => {
    const { dependencies = {} } = JSON.parse(read(`${home}/package.json`)) as {
      readonly dependencies?: Readonly<Record<string, string>>;
    };
    const own = sources.filter((path) => path.startsWith(`${home}/`) && !isTest(path));
    const used = new Set(
      own.flatMap((path) =>
        importsOf(path)
          .filter((name) => !name.startsWith(".") && !name.startsWith("node:"))
          .map((name) =>
            name
              .split("/")
              .slice(0, name.startsWith("@") ? 2 : 1)
              .join("/"),
          ),
      ),
    );
    const missing = [...used].filter((name) => !(name in dependencies));
    const needless = Object.keys(dependencies).filter((name) => !used.has(name));
    return [
      ...missing.map((name) => `${home} does not declare ${name}`),
      ...needless.map((name) => `${home} declares ${name} and does not use it`),
    ];
  });

  expect(wrong).toEqual([]);
});

test("no service imports another service, except that the command line starts them", () => {
  const names = readdirSync(join(root, "services"));
  const isService = new RegExp(`^@tidemark/(${names.join("|")})$`, "u");
  const wrong = sources
    .filter((path) => path.startsWith("services/") && !isTest(path))
    .flatMap((path) =>
      importsOf(path)
        .filter((name) => isService.test(name))
        .map((name) => `${path} imports ${name}`),
    )
    .filter((line) => !line.startsWith("services/cli/"));

  expect(wrong).toEqual([]);
});

test("no file is named for what it is not about", () => {
  const vague = /^(utils?|helpers?|common|types|misc|shared)(\.|-|$)/u;

  expect(sources.filter((path) => vague.test(basename(path)))).toEqual([]);
});

test("no file holds two ideas: 400 lines at most", () => {
  const linesMax = 400;
  const long = sources
    .filter((path) => !path.includes("/src/gen/"))
    .map((path) => ({ path, lines: read(path).split("\n").length }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => `${path}: ${lines}`);

  expect(long).toEqual([]);
});

test("wiring stays thin: a service's main is under 150 lines", () => {
  const mains = sources.filter((path) => /^services\/[^/]+\/src\/main\.ts$/u.test(path));

  expect(mains.filter((path) => read(path).split("\n").length >= 150)).toEqual([]);
});

test("every package has a door and says what it is", () => {
  const wrong = packages.filter((home) => {
    const { description } = JSON.parse(read(`${home}/package.json`)) as { description?: string };
    const doors = home.startsWith("libs/") ? ["index"] : ["index", "main"];
    return !description || !doors.some((door) => tracked.includes(`${home}/src/${door}.ts`));
  });

  expect(wrong).toEqual([]);
});

test("nothing is left open or switched off", () => {
  const marks = new RegExp(["TO", "DO|FIX", "ME|@ts-", "ignore|test\\.(skip|only|todo)"].join(""));
  const left = sources.filter((path) => marks.test(read(path)) && !path.endsWith("tidy.test.ts"));

  expect(left).toEqual([]);
});
