/** Whether what a probe writes is a document of its source, and can be found by who looks for it. */
import picomatch from "picomatch";
import { locate, plain, type Located } from "./located.ts";
import type { Path, Problem } from "./problems.ts";
import { probeDefaults } from "./schema/probe.ts";
import { folderExclude, folderInclude } from "./schema/source-folder.ts";
import { suggest } from "./suggest.ts";
import { parseDurationMs } from "./units.ts";

type Told = Pick<Problem, "what" | "why" | "fix">;
type Tell = (path: Path, told: Told) => void;

interface Place {
  readonly tree: Located;
  readonly at: (...path: Path) => Path;
  readonly tell: Tell;
}

export function checkProbes(tree: Located, tell: Tell): void {
  const sources = locate(tree, ["sources"]);
  const names = sources?.kind === "map" ? [...sources.entries.keys()] : [];
  let isProbed = false;
  for (const name of names) {
    const at = (...path: Path) => ["sources", name, ...path];
    const kind = textAt(tree, at("kind"));
    if (locate(tree, at("probe"))?.kind !== "map") continue;
    const place = { tree, at, tell };
    if (kind === "folder" || kind === "s3") checkKey(place, kind);
    else if (kind === "postgres") checkRow(place);
    else continue;
    checkPace(place);
    isProbed = true;
  }
  const isKeyed = locate(tree, ["server", "keys"]) !== undefined;
  if (!isProbed || !isKeyed || locate(tree, ["probes", "apiKey"])) return;
  tell(["probes", "apiKey"], {
    what: "is missing",
    why: "a source has a probe, and searches need a key, as server.keys says",
    fix: 'add probes: { apiKey: "${env:TIDEMARK_PROBE_KEY}" }',
  });
}

function checkPace({ at, tell, tree }: Place): void {
  const every = textAt(tree, at("probe", "every")) ?? probeDefaults.every;
  const within = textAt(tree, at("probe", "within")) ?? probeDefaults.within;
  const everyMs = parseDurationMs(every);
  const withinMs = parseDurationMs(within);
  if (everyMs === undefined || withinMs === undefined || withinMs <= everyMs) return;
  tell(at("probe", "within"), {
    what: `${JSON.stringify(within)} is longer than a round`,
    why: `the next text is written after ${every}`,
    fix: `write within: ${every}, or a longer every`,
  });
}

function checkKey({ at, tell, tree }: Place, kind: "folder" | "s3"): void {
  const key = textAt(tree, at("probe", "key")) ?? probeDefaults.key;
  const prefix = kind === "s3" ? (textAt(tree, at("bucket", "prefix")) ?? "") : "";
  if (!key.startsWith(prefix)) {
    tell(at("probe", "key"), {
      what: `${JSON.stringify(key)} is not below the bucket's prefix`,
      why: `only keys that begin with ${JSON.stringify(prefix)} are documents of this source`,
      fix: `write ${prefix}${key}`,
    });
    return;
  }
  const include = listAt(tree, at("include")) ?? (kind === "folder" ? folderInclude : ["**"]);
  const exclude = listAt(tree, at("exclude")) ?? (kind === "folder" ? folderExclude : []);
  const parents = key.split("/").map((_, last, parts) => parts.slice(0, last + 1).join("/"));
  const isTaken = matches([key], include) && !matches(kind === "folder" ? parents : [key], exclude);
  if (!isTaken) {
    tell(at("probe", "key"), {
      what: `${JSON.stringify(key)} is not a document of this source`,
      why: `include is ${include.join(", ")}, and exclude is ${exclude.join(", ") || "empty"}`,
      fix: "name a key that include takes and exclude leaves, or add this one to include",
    });
  }
  // Of a folder's document, its front matter says who may read it.
  if (kind === "s3") checkReadable({ at, tell, tree }, [at("permissions")]);
}

function matches(keys: readonly string[], patterns: readonly string[]): boolean {
  if (patterns.length === 0) return false;
  const match = picomatch([...patterns], { dot: true, windows: false });
  return keys.some((key) => match(key));
}

function checkRow(place: Place): void {
  const { at, tell, tree } = place;
  const name = textAt(tree, at("probe", "table"));
  const column = textAt(tree, at("probe", "column"));
  const tables = locate(tree, at("tables"));
  if (name === undefined || tables?.kind !== "map") return;
  const table = (...path: Path) => at("tables", name, ...path);
  if (!tables.entries.has(name)) {
    const near = suggest(name, [...tables.entries.keys()]);
    tell(at("probe", "table"), {
      what: `${JSON.stringify(name)} is not under tables`,
      why: `there are ${[...tables.entries.keys()].join(", ")}`,
      fix: near === undefined ? "name one of them" : `did you mean ${near}?`,
    });
    return;
  }
  const template = textAt(tree, table("text")) ?? "";
  const columns = [...template.matchAll(/\{\{ *(?<column>[A-Za-z_][A-Za-z0-9_$]*) *\}\}/gu)].map(
    (match) => match.groups?.["column"] ?? "",
  );
  if (column !== undefined && columns.length > 0 && !columns.includes(column)) {
    tell(at("probe", "column"), {
      what: `${JSON.stringify(column)} is no part of the table's text`,
      why: `a change in it is embedded by nobody; the text is made of ${columns.join(", ")}`,
      fix: `write ${columns.at(-1)}`,
    });
  }
  const permissions = [table("permissions"), at("permissions")];
  const stated = permissions.find((path) => locate(tree, path));
  const tenant = textAt(tree, table("tenant")) ?? "*";
  const readers = stated && textAt(tree, [...stated, "column"]);
  const needed = [
    ...keyColumns(tree, table("key")),
    ...(tenant === "*" ? [] : [tenant]),
    ...(readers === undefined ? [] : [readers]),
  ];
  for (const each of new Set(needed)) {
    if (
      locate(tree, at("probe", "row", each)) ||
      locate(tree, at("probe", "row"))?.kind !== "map"
    ) {
      continue;
    }
    tell(at("probe", "row", each), {
      what: "is missing",
      why: "by this column the row is known, or whose it is and who may read it",
      fix: `add ${each}, such as row: { ${each}: 0 }`,
    });
  }
  if (column !== undefined && locate(tree, at("probe", "row", column))) {
    tell(at("probe", "row", column), {
      what: "the column is written with the probe's text",
      why: `it is the column of probe.column`,
      fix: "take it away from the row",
    });
  }
  if (readers === undefined) checkReadable(place, permissions);
}

/** The first that is stated holds. */
function checkReadable({ at, tell, tree }: Place, permissions: readonly Path[]): void {
  const stated = [...permissions, ["defaults", "permissions"]].find((path) => locate(tree, path));
  if (stated && textAt(tree, stated) !== "deny") return;
  tell(at("probe"), {
    what: "nobody could find it",
    why: "the source's permissions are deny",
    fix: "write permissions: public, or those of somebody, for the source",
  });
}

function keyColumns(tree: Located, path: Path): readonly string[] {
  const single = textAt(tree, path);
  return single === undefined ? (listAt(tree, path) ?? []) : [single];
}

function listAt(tree: Located, path: Path): readonly string[] | undefined {
  const found = locate(tree, path);
  return found?.kind === "list" ? (plain(found) as readonly unknown[]).map(String) : undefined;
}

function textAt(tree: Located, path: Path): string | undefined {
  const scalar = locate(tree, path);
  const known = scalar?.kind === "scalar" && scalar.value !== null && !scalar.unresolved;
  return known ? String(scalar.value) : undefined;
}
