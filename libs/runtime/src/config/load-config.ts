/** Config files → one typed value, or everything that is wrong with them. */
import { checkAcross } from "./check-across.ts";
import { explain } from "./explain.ts";
import { pathsMarked } from "./json-schema.ts";
import { locate, mapScalars, overlay, plain, type Located } from "./located.ts";
import { ConfigError, pathText, type Path, type Problem } from "./problems.ts";
import { readYaml } from "./read-yaml.ts";
import { fromFile, resolveReferences, type References } from "./references.ts";
import { configSchema, configVersion, type Config } from "./schema/config-schema.ts";
import { suggest } from "./suggest.ts";

export interface ConfigInput extends References {
  /** In order: each is laid over those before it. `name` is its path, as it is to be printed. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Whether a variable or file that is not there is an error (the default) or a warning. */
  readonly unresolved?: "error" | "warning";
}

/** @throws ConfigError with every problem of every file. */
export function loadConfig(input: ConfigInput): {
  readonly config: Config;
  readonly warnings: readonly Problem[];
} {
  const { config, problems } = checkConfig(input);
  if (config === undefined) throw new ConfigError(problems);
  return { config, warnings: problems };
}

/**
 * As `loadConfig`, without throwing: problems in the order of the files. `config` is absent when a
 * problem is an error, and when it could not be built without an unresolved value.
 */
export function checkConfig(input: ConfigInput): {
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const read = input.files.map((file) => readFile(file, input, problems));
  const trees = read.filter((tree) => tree !== undefined);
  const complete = trees.length === read.length;
  const whole = trees.reduce(overlay, builtIn);
  const result = configSchema.safeParse(plain(whole));
  const found = explain(result.error?.issues ?? [], { tree: whole, isSecret, holdsSecret });
  // What seems missing may stand in a file that could not be read.
  problems.push(...(complete ? found : found.filter(({ what }) => what !== "is missing")));
  if (complete) problems.push(...checkAcross(whole, isSecret));
  const sorted = inOrder(problems, input);
  const failed = sorted.some((problem) => problem.severity === "error");
  return { config: failed ? undefined : result.data, problems: sorted };
}

const isSecret = pathsMarked("x-secret");
const holdsSecret = pathsMarked("x-secret", { above: 1 });
const isPath = pathsMarked("x-path");

/** The model that travels with Tidemark, under every file. */
const builtIn = readYaml({
  name: "built-in",
  text: "{ version: 1, embedders: { minilm: { kind: onnx } } }",
}).tree as Located;

function readFile(
  file: ConfigInput["files"][number],
  input: ConfigInput,
  problems: Problem[],
): Located | undefined {
  const { tree, problems: faults } = readYaml(file);
  problems.push(...faults);
  if (tree === undefined) {
    if (faults.length === 0) problems.push(versionProblem(undefined, file.name));
    return undefined;
  }
  const version = checkVersion(tree, file.name);
  if (version) {
    problems.push(version);
    return undefined;
  }
  const resolved = resolveReferences(tree, input);
  problems.push(
    ...resolved.problems.map((problem) =>
      problem.unresolved !== undefined && input.unresolved === "warning"
        ? { ...problem, severity: "warning" as const }
        : problem,
    ),
  );
  const home = input.environment["HOME"];
  return mapScalars(resolved.tree, (scalar, path: Path) =>
    isPath(path) && typeof scalar.value === "string" && scalar.value !== ""
      ? { ...scalar, value: fromFile(scalar.at.file, scalar.value, home) }
      : scalar,
  );
}

/** Of a file in another grammar nothing else can be said. */
function checkVersion(tree: Located, file: string): Problem | undefined {
  const version = locate(tree, ["version"]);
  if (version?.kind === "scalar" && version.value === configVersion) return undefined;
  if (version !== undefined || tree.kind !== "map") {
    return versionProblem(version ?? tree, file);
  }
  const misspelled = [...tree.entries.keys()].find((key) => suggest(key, ["version"]));
  const entry = misspelled === undefined ? undefined : tree.entries.get(misspelled);
  return entry
    ? {
        ...versionProblem(undefined, file),
        ...entry.keyAt,
        path: misspelled ?? "",
        fix: "did you mean version?",
      }
    : { ...versionProblem(undefined, file), ...tree.at };
}

function versionProblem(version: Located | undefined, file: string): Problem {
  const at = version?.at ?? { file, line: 1, column: 1 };
  const written = version?.kind === "scalar" ? JSON.stringify(version.value) : "this";
  return {
    ...at,
    path: pathText(["version"]),
    what: version === undefined ? "is missing" : `${written} is not a known version`,
    why: `this Tidemark reads version ${configVersion}`,
    fix: `write version: ${configVersion} at the top of each file`,
    severity: "error",
  };
}

function inOrder(problems: readonly Problem[], { files }: ConfigInput): readonly Problem[] {
  const rank = new Map(files.map((file, index) => [file.name, index]));
  const of = (problem: Problem) => rank.get(problem.file) ?? -1;
  return problems.toSorted(
    (a, b) =>
      of(a) - of(b) || a.line - b.line || a.column - b.column || a.path.localeCompare(b.path),
  );
}
