/** The reference in Markdown, from the annotated schema: every key, its form, default and meaning. */
import { annotatedSchema, type JsonSchema } from "./json-schema.ts";
import { configVersion } from "./schema/config-schema.ts";
import { starterConfig } from "./starter-config.ts";

/** The text of `docs/configuration.md`. */
export function configReference(): string {
  const sections = Object.entries(annotatedSchema.properties ?? {})
    .filter(([name]) => name !== "version")
    .map(([name, schema]) => sectionText(name, schema));
  return [intro, formsText, ...sections].join("\n\n") + "\n";
}

const intro = `# Configuration

<!-- Generated from the schema by \`node libs/runtime/src/config/generate-reference.ts\`. -->

\`tidemark init\` writes this file, with comments:

\`\`\`yaml
${asFormatted(starterConfig().trimEnd())}
\`\`\`

- \`version: ${configVersion}\` stands at the top of each file. Unknown keys and unknown versions are refused.
- Several files are laid over each other in order: \`--config a.yaml --config b.yaml\`. Maps are merged;
  lists and single values are replaced, and so is a map whose \`kind\` differs.
- \`\${env:NAME}\` and \`\${file:/path}\` are replaced in values, after the YAML was read; \`$\${\` stands for
  \`\${\`. Secrets are never printed, nor what stands in their place; one in plain text is a warning.
- Relative paths begin at the file that states them.
- \`tidemark config check\` tells every problem at once with file, line and column, and exits with 78.
- \`tidemark.schema.json\`, beside this page, is for editors. It describes a whole file: one
  that is laid over another and states parts of a map does without it.`;

/** In this page the repository's formatter leaves one space before a comment. */
function asFormatted(yaml: string): string {
  return yaml.replaceAll(/^(?<value> *[^ #].*?) {2,}#/gmu, "$<value> #");
}

const formsText = `## Forms

${table(
  ["form", "as in", "meaning"],
  [
    ["duration", "`500ms`, `5s`, `15m`, `72h`, `30d`", "a number with its unit"],
    ["size", "`64MiB`, `8GiB`, `10MB`", "1024 for `KiB`, `MiB`, `GiB`; 1000 for `kB`, `MB`, `GB`"],
    ["count", "`200`, `10k`, `1M`", "a whole number"],
    ["share", "`10%`, `0.98`", "a percentage, or a number from 0 to 1"],
    ["objective", "`99% within 60s`", "so many of the changes within so long"],
    ["schedule", '`"0 3 * * *"`', "minute, hour, day of month, month, day of week"],
    ["secret", '`"${env:API_KEY}"`', "a reference to a variable or a file"],
    ["path", "`./docs`, `~/docs`", "relative to the file that states it"],
  ],
)}`;

interface Row {
  readonly key: string;
  readonly form: string;
  readonly standard: string;
  readonly about: string;
}

function sectionText(name: string, schema: JsonSchema): string {
  const head = `## ${name}\n\n${sentence(schema.description)}`;
  const named = schema.additionalProperties;
  const item = typeof named === "object" ? named : schema.items;
  const inner = item ?? schema;
  const prefix = item ? (schema.items ? `${name}[].` : `${name}.<name>.`) : `${name}.`;
  const kinds = inner.oneOf;
  if (kinds === undefined) return `${head}\n\n${rowsTable(rowsOf(inner, prefix))}`;
  const each = kinds.map((kind) => {
    const constant = String(kind.properties?.["kind"]?.["const"]);
    return `### ${name}: ${constant}\n\n${sentence(kind.description)}\n\n${rowsTable(rowsOf(kind, prefix))}`;
  });
  return [head, ...each].join("\n\n");
}

function rowsTable(rows: readonly Row[]): string {
  return table(
    ["key", "form", "default", "meaning"],
    rows.map((row) => [`\`${row.key}\``, row.form, row.standard, row.about]),
  );
}

function rowsOf(schema: JsonSchema, prefix: string): Row[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const row = {
      key: prefix + key,
      form: formOf(inner),
      standard: required.has(key) ? "required" : defaultOf(inner),
      about: inner.description ?? "",
    };
    return [row, ...innerRows(inner, prefix + key)];
  });
}

function innerRows(schema: JsonSchema, path: string): Row[] {
  if (schema.properties) return rowsOf(schema, `${path}.`);
  if (schema.items?.properties) return rowsOf(schema.items, `${path}[].`);
  const named = schema.additionalProperties;
  return typeof named === "object" && named.properties ? rowsOf(named, `${path}.<name>.`) : [];
}

function formOf(schema: JsonSchema): string {
  const form = schema["x-form"];
  if (typeof form === "string") return form;
  if (schema["const"] !== undefined) return `\`${JSON.stringify(schema["const"])}\``;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(formOf))].join(" or ");
  if (schema.items) return `list of ${formOf(schema.items)}`;
  return "map";
}

function defaultOf(schema: JsonSchema): string {
  const standard = schema.default;
  if (standard === undefined || isEmptyMap(standard)) return "";
  return `\`${typeof standard === "string" ? standard : JSON.stringify(standard)}\``;
}

function isEmptyMap(value: unknown): boolean {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap && Object.keys(value).length === 0;
}

function sentence(text: string | undefined): string {
  return text === undefined ? "" : `${text}.`;
}

/** Columns are padded, as the repository's formatter does. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) =>
    Math.max(3, ...cells.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - cell.length)).join(" | ")} |`;
  const [first = [], ...rest] = cells;
  return [
    line(first),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...rest.map(line),
  ].join("\n");
}
