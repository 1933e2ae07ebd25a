/** JSON as the repository's formatter prints it: what fits stands on one line if it is a list. */
const widthMax = 100;

export function printJson(value: unknown): string {
  return `${print(value, 0, 0)}\n`;
}

/** `used` is what stands before the value on its line, `after` not counted but for a comma. */
function print(value: unknown, indent: number, used: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = " ".repeat(indent + 2);
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const flat = `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    const fits = indent + used + flat.length + 1 <= widthMax;
    if (fits && value.every((item) => typeof item !== "object")) return flat;
    const items = value.map((item) => inner + print(item, indent + 2, 0));
    return `[\n${items.join(",\n")}\n${" ".repeat(indent)}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, item]) => {
    const head = `${JSON.stringify(key)}: `;
    return inner + head + print(item, indent + 2, head.length);
  });
  return `{\n${lines.join(",\n")}\n${" ".repeat(indent)}}`;
}
