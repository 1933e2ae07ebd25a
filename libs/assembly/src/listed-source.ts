/** What folders and buckets have in common: a line that watches and scans, here or elsewhere. */
import { sourceName, type SourceName } from "@tidemark/domain";
import {
  RemoteSourceLine,
  SourceLine,
  type DocumentSource,
  type SourceWatch,
} from "@tidemark/pipeline";
import type { HoldConfig } from "@tidemark/runtime";
import { limitsOf, type OpenedSource, type SourcesOptions } from "./source-options.ts";

export interface ListedSource {
  readonly config: { readonly name: string; readonly hold: HoldConfig; readonly scanMs: number };
  /** Given where a scan costs more than its time: no two follow one another more closely. */
  readonly scanLeastMs?: number;
  readonly from: DocumentSource & { readonly rootIdentity: string | null };
  /** Null where the scan alone finds changes. */
  readonly watch: SourceWatch | null;
}

/** The line of a source that is listed in this process. */
export function lineOf(options: SourcesOptions, listed: ListedSource): SourceLine {
  const { config, from, scanLeastMs, watch } = listed;
  const { catalogue, logger } = options;
  const name = sourceName(config.name);
  const rememberRoot = async () => {
    const record = catalogue.source(name);
    if (record && record.root !== from.rootIdentity) {
      await catalogue.putSource({ ...record, root: from.rootIdentity });
    }
  };
  return new SourceLine({
    ...options,
    source: name,
    from,
    watch: watch && {
      ...bound(watch),
      async acceptRoot() {
        await watch.acceptRoot();
        await rememberRoot();
      },
    },
    limits: limitsOf(config.hold),
    scanMs: config.scanMs,
    ...(scanLeastMs === undefined ? {} : { scanLeastMs }),
    digestedTo: () => options.digestedTo(name),
    scanned: (report) => {
      options.scanned(report);
      if (report.heldReason === "unlistable") return;
      rememberRoot().catch((error: unknown) => {
        logger.warn({ source: name, problem: String(error) }, "root is not written down");
      });
    },
    lost: (report) => {
      const { count, keys, undecided } = report;
      // The logger takes what is called `keys` for secrets.
      const told = { source: name, count, documents: keys, undecided };
      if (count > 0) logger.warn(told, "events were lost");
      if (undecided > 0) logger.warn({ source: name, undecided }, "events may be lost or late");
      options.lost(name, report);
    },
  });
}

/** How a process speaks of the line of another. */
export function remoteLine(options: SourcesOptions, name: SourceName): RemoteSourceLine {
  const { remote } = options;
  if (!remote) throw new Error(`source ${name} is kept in this very process`);
  return new RemoteSourceLine(name, { ...options, ...remote });
}

/** A source as a process knows it that neither lists nor reads it. */
export function unread(served: OpenedSource["served"]): OpenedSource {
  return { served, from: null, contents: null, line: null };
}

function bound(watch: SourceWatch): SourceWatch {
  return {
    watch: (listener, signal) => watch.watch(listener, signal),
    acceptRoot: () => watch.acceptRoot(),
    ...(watch.drained && { drained: watch.drained.bind(watch) }),
    ...(watch.trouble && { trouble: watch.trouble.bind(watch) }),
    ...(watch.tellsOf && { tellsOf: watch.tellsOf.bind(watch) }),
  };
}
