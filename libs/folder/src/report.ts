/** What was left out and why; each is counted by whoever listens, and none stops the rest. */
export type FolderReport =
  /** A name that is no UTF-8 cannot be a key. */
  | { readonly kind: "invalid-name"; readonly directory: string; readonly count: number }
  | { readonly kind: "key-too-long"; readonly key: string }
  | { readonly kind: "unlistable-directory"; readonly directory: string; readonly code: string }
  /** Front matter that no filter could use: nested, or too large. */
  | { readonly kind: "metadata-field"; readonly key: string; readonly field: string };

export type ReportListener = (report: FolderReport) => void;
