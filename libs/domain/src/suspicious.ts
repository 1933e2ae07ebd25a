/** Below so many characters before, a short text is nothing to wonder at. */
export const suspiciousFromCharacters = 4_000;
/** What is left, as a share of what stood, at which an extraction is more likely broken. */
export const suspiciousShare = 0.01;

/**
 * Whether an extraction lost nearly all of a document: 10 characters where 40,000 stood is held
 * and named, since a parser that fails quietly looks exactly like an author who deletes.
 */
export function suspiciousExtraction(input: {
  readonly previousCharacters: number;
  readonly charactersOut: number;
}): boolean {
  return (
    input.previousCharacters >= suspiciousFromCharacters &&
    input.charactersOut < input.previousCharacters * suspiciousShare
  );
}
