/** Rows of texts in columns, as wide as their widest text; nothing is cut. */
export function table(
  rows: readonly (readonly string[])[],
  { indent = "", gap = "  " }: { readonly indent?: string; readonly gap?: string } = {},
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, text] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, text.length);
    }
  }
  return rows.map((row) => {
    const texts = row.map((text, column) => text.padEnd(widths[column] ?? 0));
    return `${indent}${texts.join(gap)}`.trimEnd();
  });
}
