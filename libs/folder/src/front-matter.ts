/** What the folder needs of a parser of front matter. */

export interface FrontMatter {
  readonly frontMatter: Readonly<Record<string, unknown>>;
  /** Where the body begins, in bytes from the start of the file. */
  readonly bodyOffset: number;
}

/**
 * Reads the block at the start of a file; null when there is none. Throws `PoisonError` when there
 * is one that cannot be read. The bytes may be the first of a longer file.
 */
export type ReadFrontMatter = (bytes: Uint8Array, fileName: string) => FrontMatter | null;

/** Front matter of a file that is larger than this must end before it. */
export const headBytesMax = 256 * 1024;

export const noFrontMatter: ReadFrontMatter = () => null;
