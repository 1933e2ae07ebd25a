/**
 * References to the environment and to files, `${env:NAME}` and `${file:/path}`, resolved in scalar
 * values alone and after YAML was read, so that no value can change the structure of the file.
 * `$${` stands for `${` itself.
 */
import { dirname, isAbsolute, join } from "node:path";
import { mapScalars, type Located, type LocatedScalar } from "./located.ts";
import { pathText, type Path, type Problem } from "./problems.ts";

export interface References {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a file as text; throws when it cannot. */
  readonly readFile: (path: string) => string;
}

const valueLengthMax = 64 * 1024;
const referencePattern = /\$?\$\{(?<body>[^}]*)\}?/gu;

export function resolveReferences(
  tree: Located,
  references: References,
): { readonly tree: Located; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const resolved = mapScalars(tree, (scalar, path) =>
    resolveScalar(scalar, path, references, problems),
  );
  return { tree: resolved, problems };
}

function resolveScalar(
  scalar: LocatedScalar,
  path: Path,
  references: References,
  problems: Problem[],
): LocatedScalar {
  if (typeof scalar.value !== "string" || !scalar.value.includes("${")) return scalar;
  const found: string[] = [];
  let unresolved = false;
  const value = scalar.value.replaceAll(referencePattern, (written, body: string) => {
    if (written.startsWith("$$")) return written.slice(1);
    found.push(written);
    const result = resolveOne(written, body, scalar.at.file, references);
    if (typeof result === "string") return result;
    unresolved = true;
    problems.push({ ...scalar.at, path: pathText(path), severity: "error", ...result });
    return written;
  });
  return {
    ...scalar,
    value,
    ...(found.length > 0 ? { reference: found.join("") } : {}),
    ...(unresolved ? { unresolved } : {}),
  };
}

type Unresolved = Pick<Problem, "what" | "why" | "fix" | "unresolved">;

function resolveOne(
  written: string,
  body: string,
  file: string,
  { environment, readFile }: References,
): string | Unresolved {
  const { kind, name = "" } = /^(?<kind>env|file):(?<name>.+)$/u.exec(body)?.groups ?? {};
  if (kind === undefined || !written.endsWith("}")) {
    return {
      what: `${written} is not a reference`,
      why: "only ${env:NAME} and ${file:/path} are known",
      fix: /^\w+$/u.test(body)
        ? `write \${env:${body}}`
        : "write ${env:NAME}, or $${ for the characters",
    };
  }
  if (kind === "env") {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined && value !== "") return bounded(written, value);
    return {
      what: `${written} is ${value === "" ? "empty" : "not set"}`,
      why: "the value comes from the environment",
      fix: `set ${name} where this process starts`,
      unresolved: written,
    };
  }
  const path = fromFile(file, name, environment["HOME"]);
  try {
    return bounded(written, readFile(path).replace(/\r?\n$/u, ""));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    return {
      what: `${written} cannot be read (${code})`,
      why: "the value comes from that file",
      fix: `make ${path} a file that this process may read`,
      unresolved: written,
    };
  }
}

function bounded(written: string, value: string): string | Unresolved {
  if (value.length <= valueLengthMax) return value;
  return {
    what: `${written} is too long`,
    why: `at most ${valueLengthMax} characters are taken`,
    fix: "name the variable or file that holds the value alone",
  };
}

/** A path as a file states it: `~/` is the home directory, relative ones begin at the file. */
export function fromFile(file: string, path: string, home: string | undefined): string {
  if (path.startsWith("~/") && home !== undefined) return join(home, path.slice(2));
  return isAbsolute(path) ? path : join(dirname(file), path);
}
