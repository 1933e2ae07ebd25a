/**
 * `"{{name}}\n\n{{description}}"`: the text of a row. How long each column's part was is kept beside
 * the text, so that a part which a later change leaves out can be taken from it again.
 */
export interface TextTemplate {
  readonly columns: readonly string[];
  /** One more than there are columns: what stands before, between and after them. */
  readonly literals: readonly string[];
}

const placeholder = /\{\{ *(?<column>[A-Za-z_][A-Za-z0-9_$]*) *\}\}/gu;

export function parseTemplate(written: string): TextTemplate {
  const columns: string[] = [];
  const literals: string[] = [];
  let from = 0;
  for (const match of written.matchAll(placeholder)) {
    literals.push(written.slice(from, match.index));
    columns.push(match.groups?.["column"] ?? "");
    from = match.index + match[0].length;
  }
  return { columns, literals: [...literals, written.slice(from)] };
}

/** `parts` are the texts of the template's columns, in its order. */
export function renderTemplate(template: TextTemplate, parts: readonly string[]): string {
  return template.literals.map((literal, at) => literal + (parts[at] ?? "")).join("");
}

/** Such as `name=9;description=14400`, in UTF-16 units. */
export function partLengths(template: TextTemplate, parts: readonly string[]): string {
  return template.columns.map((column, at) => `${column}=${parts[at]?.length ?? 0}`).join(";");
}

/**
 * The texts of the columns in a text that was rendered with these lengths. Null when the text is not
 * of this template: somebody changed it since.
 */
export function recoverParts(
  template: TextTemplate,
  lengths: string,
  text: string,
): ReadonlyMap<string, string> | null {
  const entries = lengths.split(";").map((entry) => entry.split("="));
  const named = entries.map(([column]) => column);
  if (named.join() !== template.columns.join()) return null;
  const parts: string[] = [];
  let from = 0;
  for (const [at, [, length]] of entries.entries()) {
    from += template.literals[at]?.length ?? 0;
    parts.push(text.slice(from, from + Number(length)));
    from += Number(length);
  }
  if (renderTemplate(template, parts) !== text) return null;
  return new Map(template.columns.map((column, at) => [column, parts[at] ?? ""]));
}
