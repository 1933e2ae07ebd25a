/**
 * Part of every fingerprint: raised when the same bytes would give other text, a parser's new version
 * included. The test of the samples says when.
 */
export const EXTRACTION_VERSION = "1";
