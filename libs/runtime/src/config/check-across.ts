/**
 * What no single value can show: names that must exist, pairs that must go together, secrets in
 * plain text. It reads what was written, not what was parsed, so that its findings are told
 * together with all others.
 */
import { checkProbes } from "./check-probes.ts";
import { locate, mapScalars, placeOfKey, type Located } from "./located.ts";
import { pathText, type Path, type Problem } from "./problems.ts";
import { isLoopback } from "./schema/server.ts";
import { suggest } from "./suggest.ts";

type Told = Pick<Problem, "what" | "why" | "fix"> & { readonly severity?: "warning" };
type Tell = (path: Path, told: Told) => void;

export function checkAcross(tree: Located, isSecret: (path: Path) => boolean): Problem[] {
  const problems: Problem[] = [];
  const tell: Tell = (path, told) => {
    const at = locate(tree, path)?.at ?? placeOfKey(tree, path);
    problems.push({ ...at, path: pathText(path), severity: "error", ...told });
  };
  checkNames(tree, tell);
  checkGenerations(tree, tell);
  checkTenants(tree, tell);
  checkSources(tree, tell);
  checkProbes(tree, tell);
  checkServer(tree, tell);
  checkEmbedders(tree, tell);
  checkSecrets(tree, isSecret, tell);
  return problems;
}

function keysOf(tree: Located, path: Path): readonly string[] {
  const map = locate(tree, path);
  return map?.kind === "map" ? [...map.entries.keys()] : [];
}

function textAt(tree: Located, path: Path): string | undefined {
  const scalar = locate(tree, path);
  const known = scalar?.kind === "scalar" && scalar.value !== null && !scalar.unresolved;
  return known ? String(scalar.value) : undefined;
}

function checkNames(tree: Located, tell: Tell): void {
  const refer = (path: Path, under: string) => {
    const name = textAt(tree, path);
    const names = keysOf(tree, [under]);
    if (name === undefined || names.includes(name)) return;
    const near = suggest(name, names);
    tell(path, {
      what: `${JSON.stringify(name)} is not under ${under}`,
      why: names.length === 0 ? `${under} names nothing` : `there are ${names.join(", ")}`,
      fix: near === undefined ? `add it under ${under}, or name another` : `did you mean ${near}?`,
    });
  };
  refer(["vectors", "embedder"], "embedders");
  const objectives = locate(tree, ["objectives"]);
  if (objectives?.kind !== "list") return;
  for (const index of objectives.items.keys()) refer(["objectives", index, "source"], "sources");
}

function checkGenerations(tree: Located, tell: Tell): void {
  if (textAt(tree, ["generations", "promote"]) !== "gates") return;
  if (locate(tree, ["generations", "gates"])) return;
  tell(["generations", "promote"], {
    what: "no gates are given",
    why: "promote: gates waits for them",
    fix: "add gates with a golden file, or write promote: complete",
  });
}

function checkTenants(tree: Located, tell: Tell): void {
  if (textAt(tree, ["tenants", "required"]) !== "true") return;
  for (const name of keysOf(tree, ["sources"])) {
    const kind = textAt(tree, ["sources", name, "kind"]);
    const tables = keysOf(tree, ["sources", name, "tables"]);
    // A pushed document names its tenant itself.
    if (kind === undefined || kind === "push") continue;
    const places: Path[] =
      kind === "postgres" || kind === "debezium"
        ? tables.map((table) => ["sources", name, "tables", table, "tenant"])
        : [["sources", name, "tenant"]];
    for (const path of places) {
      if (locate(tree, path)) continue;
      tell(path, {
        what: "is missing",
        why: "tenants.required is true, and whose the documents are is not known",
        fix: 'add tenant, or tenant: "*" for what every tenant may see',
      });
    }
  }
}

function checkSources(tree: Located, tell: Tell): void {
  const kafka = textAt(tree, ["log", "kind"]) === "kafka";
  for (const name of keysOf(tree, ["sources"])) {
    const at = (...path: Path) => ["sources", name, ...path];
    const kind = textAt(tree, at("kind"));
    if (kind === "debezium" && !kafka && !locate(tree, at("brokers"))) {
      tell(at("brokers"), {
        what: "is missing",
        why: "the log is not on Kafka, so there are no brokers to take over",
        fix: "add brokers: [kafka.data:9093]",
      });
    }
    if (kind === "debezium") {
      for (const table of keysOf(tree, at("hints"))) checkHints(tree, at("hints", table), tell);
      if (keysOf(tree, at("tables")).length + keysOf(tree, at("hints")).length === 0) {
        tell(at("tables"), {
          what: "is missing",
          why: "the topics' rows are of no table that is taken",
          fix: 'add tables: { public.note: { key: id, text: "{{body}}" } }',
        });
      }
    }
    if (kind === "postgres") checkDatabaseUrl(tree, at("url"), tell);
    if (kind === "folder" || kind === "s3") checkRules(tree, at("rules"), tell);
  }
}

/** What a hint names must be a source that can be read by its keys. */
function checkHints(tree: Located, path: Path, tell: Tell): void {
  const name = textAt(tree, [...path, "source"]);
  if (name === undefined) return;
  const kind = textAt(tree, ["sources", name, "kind"]);
  if (kind === "folder" || kind === "s3") return;
  tell([...path, "source"], {
    what: `${JSON.stringify(name)} cannot be asked for a document`,
    why: kind === undefined ? "it is not under sources" : `it is of the kind ${kind}`,
    fix: "name a source of the kind folder or s3",
  });
}

function checkRules(tree: Located, path: Path, tell: Tell): void {
  const rules = locate(tree, path);
  if (rules?.kind !== "list") return;
  for (const [index, rule] of rules.items.entries()) {
    if (rule.kind !== "map" || !rule.entries.has("match") || rule.entries.size > 1) continue;
    tell([...path, index], {
      what: "the rule does nothing",
      why: "it matches, and the first that matches wins",
      fix: "add permissions, metadata, tenant or archived",
    });
  }
}

/** Says nothing of the URL but what is wrong: it may carry a password. */
function checkDatabaseUrl(tree: Located, path: Path, tell: Tell): void {
  const text = textAt(tree, path);
  if (text === undefined) return;
  const url = URL.parse(text);
  if (url === null || !/^postgres(?:ql)?:$/u.test(url.protocol)) {
    tell(path, {
      what: "the secret is not the URL of a database",
      why: "it begins with postgres://",
      fix: "write postgres://user:password@host/database?sslmode=verify-full in the variable",
    });
    return;
  }
  const local = url.hostname === "" || isLoopback(url.hostname.replaceAll(/[[\]]/gu, ""));
  const mode = url.searchParams.get("sslmode");
  if (local || mode === "verify-full") return;
  if (mode === "disable") {
    tell(path, {
      severity: "warning",
      what: "the connection is neither encrypted nor verified, as sslmode=disable says",
      why: "rows and the password can be read on the way",
      fix: "keep it on a network of its own, or write sslmode=verify-full",
    });
    return;
  }
  tell(path, {
    what: "the connection would not be verified",
    why: "rows and the password cross a network",
    fix: "add ?sslmode=verify-full to the URL",
  });
}

function checkServer(tree: Located, tell: Tell): void {
  const listen = textAt(tree, ["server", "listen"]);
  const host = listen?.includes(":") ? listen.replace(/:\d*$/u, "").replaceAll(/[[\]]/gu, "") : "";
  if (host === "" || isLoopback(host) || locate(tree, ["server", "keys"])) return;
  tell(["server", "listen"], {
    what: `${JSON.stringify(listen)} is reached from other machines, and there are no keys`,
    why: "anyone there could read and change every document",
    fix: 'add keys: "${file:/run/secrets/tidemark-keys}", or listen on 127.0.0.1',
  });
}

function checkEmbedders(tree: Located, tell: Tell): void {
  for (const name of keysOf(tree, ["embedders"])) {
    const at = (...path: Path) => ["embedders", name, ...path];
    if (locate(tree, at("budget")) && !locate(tree, at("price"))) {
      tell(at("budget"), {
        what: "the budget has no price",
        why: "without it nobody knows what was spent",
        fix: "add price: { perMillionTokens: 0.02 }",
      });
    }
    const url = URL.parse(textAt(tree, at("baseUrl")) ?? "");
    const keyed = locate(tree, at("apiKey")) !== undefined;
    if (keyed && url?.protocol === "http:" && !isLoopback(url.hostname)) {
      tell(at("baseUrl"), {
        what: "the key would cross the network unencrypted",
        why: "the URL begins with http://",
        fix: "write https://",
        severity: "warning",
      });
    }
  }
}

function checkSecrets(tree: Located, isSecret: (path: Path) => boolean, tell: Tell): void {
  mapScalars(tree, (scalar, path) => {
    const written = typeof scalar.value === "string" && scalar.reference === undefined;
    if (written && isSecret(path) && !isPasswordless(scalar.value)) {
      tell(path, {
        what: "a secret stands here in plain text",
        why: "whoever can read the file has it",
        fix: `write "\${env:${variableName(path)}}" and set the variable`,
        severity: "warning",
      });
    }
    return scalar;
  });
}

function isPasswordless(value: unknown): boolean {
  const url = URL.parse(String(value));
  return url !== null && url.host !== "" && url.password === "";
}

function variableName(path: Path): string {
  const [section, name, last = name] = path.map(String);
  const words = section === "embedders" || section === "sources" ? [name, last] : [section, last];
  return words
    .join("_")
    .replaceAll(/(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]+/gu, "_")
    .toUpperCase();
}
