/** What whoever counts freshness said last; others ask here. What is old is not repeated. */
import type { SourceName } from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, PipelineLogger } from "../ports/world.ts";
import { freshnessTopic } from "../topics.ts";
import { followTopic } from "./follow-topic.ts";
import type { SourcePending } from "./pending-view.ts";

export interface PendingView {
  readonly v: 1;
  readonly atMs: number;
  readonly sources: readonly SourcePending[];
}

export const viewKey = "view";
const freshMs = 15_000;
const backRecords = 20;

export class FreshnessBoard {
  readonly #clock: Clock;
  /** Whether other processes are to be told. */
  readonly isShared: boolean;
  #view: PendingView | null = null;
  #heardAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, { isShared }: { readonly isShared: boolean }) {
    this.#clock = clock;
    this.isShared = isShared;
  }

  hear(view: PendingView): void {
    this.#view = view;
    this.#heardAtMs = this.#clock.nowMs();
  }

  /** Null when nobody has said anything of it lately. */
  source(name: SourceName): SourcePending | null {
    if (this.#clock.nowMs() - this.#heardAtMs > freshMs) return null;
    return this.#view?.sources.find(({ source }) => source === name) ?? null;
  }

  /** Listens to the process that counts, until aborted. */
  follow(
    around: { readonly log: EventLog; readonly clock: Clock; readonly logger: PipelineLogger },
    signal: AbortSignal,
  ): Promise<void> {
    return followTopic(around, freshnessTopic, signal, {
      backRecords,
      take: (value) => {
        if (!value.startsWith('{"v":1,"atMs"')) return;
        const view = JSON.parse(value) as PendingView;
        // One of long ago, read at a start, says nothing of now.
        if (this.#clock.nowMs() - view.atMs <= freshMs) this.hear(view);
      },
    });
  }
}
