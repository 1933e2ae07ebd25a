/**
 * The key of a row's document within its source: `public.products/42`. Several columns of a key are
 * joined by commas, as `public.stock/7,A%2C1`. No two keys have the same text, and what was joined can
 * be taken apart.
 */

/** Commas part the columns, so those within one are written otherwise. */
const inSeveral: readonly (readonly [string, string])[] = [
  ["%", "%25"],
  [",", "%2C"],
];
/** The first slash parts the table from the key. */
const inTable: readonly (readonly [string, string])[] = [
  ["%", "%25"],
  ["/", "%2F"],
];

/** `texts` are those of the key's columns, in their order; at least one. */
export function rowKey(table: string, texts: readonly string[]): string {
  const [only = ""] = texts;
  const key =
    texts.length === 1 ? only : texts.map((text) => escapeText(text, inSeveral)).join(",");
  return `${escapeText(table, inTable)}/${key}`;
}

/** The table of a document's key; null where it is no row's. */
export function tableOfKey(key: string): string | null {
  const slash = key.indexOf("/");
  return slash <= 0 ? null : unescapeText(key.slice(0, slash), inTable);
}

/** The texts of the key's columns; null where the key has another number of them. */
export function textsOfKey(key: string, columnCount: number): readonly string[] | null {
  const joined = key.slice(key.indexOf("/") + 1);
  if (columnCount === 1) return [joined];
  const parts = joined.split(",").map((part) => unescapeText(part, inSeveral));
  return parts.length === columnCount ? parts : null;
}

/** What all documents of a table have before their keys. */
export function keyPrefixOf(table: string): string {
  return `${escapeText(table, inTable)}/`;
}

function escapeText(text: string, marks: typeof inSeveral): string {
  return marks.reduce((escaped, [mark, written]) => escaped.replaceAll(mark, written), text);
}

function unescapeText(text: string, marks: typeof inSeveral): string {
  return marks.reduceRight((plain, [mark, written]) => plain.replaceAll(written, mark), text);
}
