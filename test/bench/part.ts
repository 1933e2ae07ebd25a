/** One part of the benchmark: what it is given, and what it answers. */

export interface PartContext {
  /** An empty directory of its own, removed afterwards. */
  readonly directory: string;
  /** Small loads, to see that it works; its figures say little. */
  readonly quick: boolean;
  /** Aborted when the part's time is over. */
  readonly signal: AbortSignal;
  /** Closed after the part, however it ended: processes, databases. */
  readonly resources: AsyncDisposableStack;
  /** Where V8 profiles of the processes go; null takes none. */
  readonly profileDirectory: string | null;
  readonly progress: (line: string) => void;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Goal {
  readonly text: string;
  /** Null where this run cannot tell. */
  readonly met: boolean | null;
  readonly found: string;
}

export interface PartReport {
  /** What was loaded and how it was measured, in whole sentences. */
  readonly method: string;
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  readonly notes: readonly string[];
}

export interface Part {
  readonly name: string;
  readonly title: string;
  /** It is stopped after this. */
  readonly withinMs: number;
  run(context: PartContext): Promise<PartReport>;
}

export type Outcome =
  | { readonly kind: "done"; readonly report: PartReport; readonly tookMs: number }
  | { readonly kind: "failed"; readonly reason: string; readonly tookMs: number };
