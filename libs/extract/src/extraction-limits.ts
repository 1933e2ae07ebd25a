/** What extraction may cost before it gives up. A larger document becomes a dead letter naming these. */
export interface ExtractionLimits {
  /** Bytes of a file. */
  readonly inputBytesMax: number;
  /** Bytes that the parts of an archive unpack to. */
  readonly unpackedBytesMax: number;
  /** Characters of text that come out. */
  readonly outputCharsMax: number;
  /** Nesting of tags, quotes and lists. */
  readonly depthMax: number;
  /** Pages of a PDF. */
  readonly pagesMax: number;
}

export const extractionLimitsDefault: ExtractionLimits = {
  inputBytesMax: 64 * 1024 * 1024,
  unpackedBytesMax: 64 * 1024 * 1024,
  outputCharsMax: 16 * 1024 * 1024,
  depthMax: 200,
  pagesMax: 5_000,
};
