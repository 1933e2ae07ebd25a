/** What was left out and why; each is counted by whoever listens, and none stops the rest. */
export type S3Report =
  /** User metadata that no filter could use. */
  | { readonly kind: "metadata-field"; readonly key: string; readonly field: string }
  /** Notifications that need nothing done, by reason. */
  | { readonly kind: "skipped-events"; readonly reason: string; readonly count: number }
  | { readonly kind: "queue-trouble"; readonly queue: string; readonly problem: string };

export type ReportListener = (report: S3Report) => void;
