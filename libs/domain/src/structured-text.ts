/**
 * What extraction makes of a document and the chunker cuts: a flat list of blocks in reading order.
 * Nesting is expressed by headings alone; a list is its items, a table its rows.
 */
export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "listItem"; readonly text: string }
  | { readonly kind: "tableRow"; readonly text: string }
  | { readonly kind: "code"; readonly text: string };

export interface StructuredText {
  readonly title: string | null;
  readonly blocks: readonly Block[];
}
