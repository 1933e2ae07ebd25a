/** Opens the configured sources, each of its kind. */
import { sourceName, type CoalescingWindow, type Hint, type SourceName } from "@tidemark/domain";
import {
  RequestError,
  type ContentStore,
  type DocumentSource,
  type ReconcileReport,
  type RunningLine,
  type ServedSource,
} from "@tidemark/pipeline";
import type { SourceConfig } from "@tidemark/runtime";
import { openBucketSource } from "./bucket-source.ts";
import { openDebeziumSource } from "./debezium-source.ts";
import { openPostgresSource } from "./postgres-source.ts";
import { openFolderSource } from "./folder-source.ts";
import { beatForPushed, openPushSource } from "./push-sources.ts";
import type { OpenedProbe, OpenedSource, Restating, SourcesOptions } from "./source-options.ts";
import { windowOf } from "./windows.ts";

export interface OpenedSources {
  readonly served: ReadonlyMap<SourceName, ServedSource>;
  readonly documents: ReadonlyMap<SourceName, DocumentSource>;
  readonly contents: ReadonlyMap<SourceName, ContentStore>;
  /** Those whose lines run in this process. */
  readonly own: readonly ServedSource[];
  /** Databases are stated by their readers, here or elsewhere. */
  readonly statedByReaders: ReadonlySet<SourceName>;
  readonly restating: readonly Restating[];
  /** Those that are to run in this process. */
  readonly probes: ReadonlyMap<SourceName, OpenedProbe>;
  readonly windowOf: (source: SourceName) => CoalescingWindow;
  /** Watches and scans. */
  run(signal: AbortSignal): Promise<void>;
  /** Says of pushed sources that whatever was accepted here before is in the log. */
  runHeartbeats(signal: AbortSignal): Promise<void>;
  /** @throws RequestError for a source that is not listed here */
  reconcile(
    source: SourceName,
    options: { readonly confirm: number | null },
  ): Promise<ReconcileReport>;
  /** Has every source that is listed here be listed again, as soon as may be. */
  scanSoon(): void;
  noteBlocked(hint: Hint, reason: string): void;
  /** A document is being read, until what is answered is called. */
  noteReading(source: SourceName): () => void;
}

export async function openSources(options: SourcesOptions): Promise<OpenedSources> {
  const opened = new Map<SourceName, OpenedSource>();
  const windows = new Map<string, CoalescingWindow>();
  for (const source of Object.values(options.config.sources)) {
    const name = sourceName(source.name);
    windows.set(name, windowOf(options.config, name));
    const open = await openSource(options, source);
    if (open) opened.set(name, open);
  }
  const lineOf = (name: SourceName): RunningLine | null => opened.get(name)?.line ?? null;
  const having = <K extends "from" | "contents" | "probe">(part: K) =>
    new Map(
      [...opened].flatMap(([name, each]) => {
        const has = each[part];
        return has ? [[name, has] as const] : [];
      }),
    );
  return {
    served: new Map([...opened].map(([name, { served }]) => [name, served])),
    documents: having("from"),
    contents: having("contents"),
    probes: having("probe"),
    own: [...opened.values()].flatMap(({ line, served }) => (line ? [served] : [])),
    statedByReaders: new Set(
      [...opened].flatMap(([name, { served }]) => (served.isStreamed ? [name] : [])),
    ),
    restating: [...opened.values()].flatMap(({ restates }) => restates ?? []),
    windowOf: (name) => windows.get(name) ?? windowOf(options.config, name),
    async run(signal) {
      await Promise.all(
        [...opened.values()].map(async ({ line, run }) => {
          await Promise.all([line?.run(signal), run?.(signal)]);
        }),
      );
    },
    async runHeartbeats(signal) {
      const pushed = [...opened].filter(([, { served }]) => served.kind === "push");
      await Promise.all(pushed.map(([name]) => beatForPushed(options, name, signal)));
    },
    async reconcile(name, how) {
      const line = lineOf(name);
      if (line) return line.reconcile(how);
      throw new RequestError(400, "not-listable", `source ${name} is not listed by this process`);
    },
    scanSoon() {
      for (const { line } of opened.values()) line?.scanSoon?.();
    },
    noteReading: (name) => lineOf(name)?.noteReading?.() ?? (() => {}),
    noteBlocked: (hint, reason) => lineOf(hint.source)?.noteBlocked(hint.documentId, reason),
  };
}

function openSource(
  options: SourcesOptions,
  source: SourceConfig,
): Promise<OpenedSource | null> | OpenedSource | null {
  switch (source.kind) {
    case "folder":
      return openFolderSource(options, source);
    case "push":
      return openPushSource(options, source);
    case "s3":
      return openBucketSource(options, source);
    case "postgres":
      return openPostgresSource(options, source);
    case "debezium":
      return openDebeziumSource(options, source);
  }
}
