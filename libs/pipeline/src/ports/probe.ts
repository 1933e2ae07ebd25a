/** What a probe needs: a place in a source to write to, and the search that everybody uses. */

export interface ProbeTarget {
  /** The key of the document that is written. */
  readonly key: string;
  /**
   * Replaces the document's text. When it resolves, the source has it as it has everybody else's.
   *
   * @throws TransientError when the source refuses it or does not answer, and where a document
   * stands that is not a probe's: nothing else is ever written over.
   */
  write(text: string, signal: AbortSignal): Promise<void>;
  /**
   * Deletes it; nothing where it is not there.
   *
   * @throws TransientError as `write`
   */
  delete(signal: AbortSignal): Promise<void>;
}

/** In whose name it is searched. */
export interface ProbeAsker {
  readonly tenant: string | null;
  /** Null where the source's documents have no permissions. */
  readonly principals: readonly string[] | null;
}

export interface ProbeQuestion {
  readonly documentId: string;
  readonly source: string;
  readonly asker: ProbeAsker;
  readonly sentence: string;
}

export interface ProbeSearch {
  /**
   * Whether a search for the sentence finds the document with it.
   *
   * @throws TransientError when the search is not answered, or is refused
   */
  finds(question: ProbeQuestion, signal: AbortSignal): Promise<boolean>;
}
