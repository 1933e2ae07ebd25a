/**
 * Processes say how they are, each second, on a topic that all of them read: stages, watermarks,
 * sources, queues. Whoever has not spoken lately is unknown, never well.
 */
import type { SourceName } from "@tidemark/domain";
import { TransientError } from "../errors.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import { statesTopic } from "../topics.ts";
import type { Notice } from "./began-anew.ts";
import { followTopic } from "./follow-topic.ts";
import type { ServedSource } from "./served-source.ts";
import type { StageBoard, StageReport } from "./stage-board.ts";

export interface SourceReport {
  readonly source: SourceName;
  readonly held: number;
  readonly heldReason: string | null;
  readonly trouble: string | null;
  readonly scannedAtMs: number | null;
  readonly scanEndedAtMs: number | null;
  readonly blocked: number;
  /** Some of them, with the reasons. */
  readonly blockedExamples: readonly (readonly [key: string, reason: string])[];
}

interface ProcessReport {
  readonly v: 1;
  readonly instance: string;
  readonly service: string;
  readonly stages: readonly StageReport[];
  readonly sources: readonly SourceReport[];
  readonly embedQueued: number;
  readonly notices: readonly Notice[];
}

export interface ReportsOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly board: StageBoard;
  /** A name that no other process has, and none had before. */
  readonly instance: string;
  readonly service: string;
  /** The sources whose lines run in this process. */
  readonly sources: () => Iterable<ServedSource>;
  readonly embedQueued: () => number;
  readonly notices: () => readonly Notice[];
}

const tellEveryMs = 1_000;
const heardWithinMs = 15_000;
const backRecords = 100;
const examplesMax = 20;

export class ProcessReports {
  readonly #options: ReportsOptions;
  readonly #heard = new Map<string, { readonly atMs: number; readonly report: ProcessReport }>();

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** What the process that keeps the source last said; null when none has spoken lately. */
  source(name: SourceName): SourceReport | null {
    return this.#kept(name)?.report ?? null;
  }

  /** Which process that is: another one once it was started anew. */
  keeperOf(name: SourceName): string | null {
    return this.#kept(name)?.instance ?? null;
  }

  /** The process of a service of which there is one. */
  instanceOf(service: string): string | null {
    return this.#fresh().find((report) => report.service === service)?.instance ?? null;
  }

  #kept(name: SourceName): { readonly instance: string; readonly report: SourceReport } | null {
    for (const { instance, sources } of this.#fresh()) {
      const report = sources.find(({ source }) => source === name);
      if (report) return { instance, report };
    }
    return null;
  }

  /** Texts that wait in all embedders. */
  embedQueued(): number {
    return this.#fresh().reduce((sum, report) => sum + report.embedQueued, 0);
  }

  /** The services that have spoken lately, with how many of each. */
  services(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { service } of this.#fresh()) counts.set(service, (counts.get(service) ?? 0) + 1);
    return counts;
  }

  /** What other processes have found to have begun anew, with who it was. */
  notices(): readonly (Notice & { readonly service: string })[] {
    return this.#fresh().flatMap(({ notices, service }) =>
      notices.map((notice) => ({ ...notice, service })),
    );
  }

  /** Tells and listens until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    const listening = followTopic(this.#options, statesTopic, signal, {
      backRecords,
      take: (value) => this.#hear(JSON.parse(value) as ProcessReport),
    });
    while (!signal.aborted) {
      try {
        await this.#tell();
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        logger.warn({ problem: error.message }, "state is not told");
      }
      await clock.sleep(tellEveryMs, signal);
    }
    await listening;
  }

  async #tell(): Promise<void> {
    const { board, embedQueued, instance, log, notices, service, sources } = this.#options;
    const report: ProcessReport = {
      v: 1,
      instance,
      service,
      stages: board.report(),
      sources: [...sources()].flatMap((source) => reportOf(source) ?? []),
      embedQueued: embedQueued(),
      notices: notices(),
    };
    await log.append(statesTopic, [{ key: instance, value: JSON.stringify(report) }]);
  }

  #hear(report: ProcessReport): void {
    if (report.v !== 1 || report.instance === this.#options.instance) return;
    this.#heard.set(report.instance, { atMs: this.#options.clock.nowMs(), report });
    this.#options.board.hear(report.instance, report.stages);
  }

  #fresh(): readonly ProcessReport[] {
    const nowMs = this.#options.clock.nowMs();
    for (const [instance, { atMs }] of this.#heard) {
      if (nowMs - atMs > heardWithinMs) this.#heard.delete(instance);
    }
    // The newest first: of two that keep a source, the one that started last is right.
    return [...this.#heard.values()].map(({ report }) => report).toReversed();
  }
}

function reportOf({ line, name }: ServedSource): SourceReport | null {
  if (!line || line.standsBy) return null;
  const { blocked, blockedCount, held, scanEndedAtMs, scannedAtMs, trouble } = line;
  return {
    source: name,
    held: held.count,
    heldReason: held.reason,
    trouble,
    scannedAtMs,
    scanEndedAtMs,
    blocked: blockedCount,
    blockedExamples: [...blocked].slice(0, examplesMax),
  };
}
