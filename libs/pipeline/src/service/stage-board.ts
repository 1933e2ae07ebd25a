/**
 * What the stages of every process say of themselves: up to when markers have passed, what waits,
 * what is in trouble. A partition's watermark is what its newest holder says; who holds it no more
 * says nothing of it, and what nobody has said lately is unknown.
 */
import {
  WatermarkTracker,
  type GenerationId,
  type Marker,
  type SourceName,
} from "@tidemark/domain";
import type { Clock } from "../ports/world.ts";

export const lineStages = ["restrictor", "chunker", "upserter"] as const;
export type LineStage = (typeof lineStages)[number];

/** Where a stage stands in one partition. */
export interface StagePlace {
  readonly generation: GenerationId;
  readonly stage: LineStage;
  readonly partition: number;
}

export interface StageCondition {
  readonly stage: string;
  readonly generation: GenerationId | null;
  /** Records taken and not yet done. */
  readonly waiting: number;
  /** Null while all is well, else what the stage waits for. */
  readonly trouble: string | null;
}

export interface StageReport extends StageCondition {
  readonly passed: readonly { readonly partition: number; readonly markers: readonly Marker[] }[];
}

/** What one process last said. */
interface Heard {
  readonly heardAtMs: number;
  readonly stages: readonly StageReport[];
}

interface Passed {
  readonly watermarks: WatermarkTracker;
  /** Who holds a partition: null for this process, else when another said so last. */
  readonly heardAtMs: Map<number, number | null>;
}

/** A process that has said nothing for so long is taken for stopped. */
const heardWithinMs = 15_000;

export class StageBoard {
  readonly #clock: Clock;
  readonly #passed = new Map<string, Passed>();
  readonly #heard = new Map<string, Heard>();
  #own: () => readonly StageCondition[] = () => [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Where this process's own stages say how they are. */
  describeOwn(own: () => readonly StageCondition[]): void {
    this.#own = own;
  }

  /** Everything before the marker in its partition is done. */
  note(place: StagePlace, marker: Marker): void {
    const { heardAtMs, watermarks } = this.#passedBy(place);
    const { partition } = place;
    if (heardAtMs.get(partition) !== null) watermarks.forget(partition);
    heardAtMs.set(partition, null);
    watermarks.note(marker, partition, this.#clock.nowMs());
  }

  /** Another process may hold the partition now. */
  lost(place: StagePlace): void {
    const { heardAtMs, watermarks } = this.#passedBy(place);
    if (heardAtMs.get(place.partition) !== null) return;
    heardAtMs.delete(place.partition);
    watermarks.forget(place.partition);
  }

  /** Everything of the source before this time has passed the stage; null while unknown. */
  completeTo(
    of: { readonly generation: GenerationId; readonly stage: LineStage },
    scope: { readonly source: SourceName; readonly partitions: number },
  ): number | null {
    const { heardAtMs, watermarks } = this.#passedBy(of);
    for (let partition = 0; partition < scope.partitions; partition += 1) {
      const atMs = heardAtMs.get(partition);
      if (atMs === undefined || !this.#isFresh(atMs)) return null;
    }
    const toMs = watermarks.completeTo(scope.source, scope.partitions);
    // What another process says by a clock that is ahead of this one.
    return toMs === null ? null : Math.min(toMs, this.#clock.nowMs());
  }

  /** What every process's stages say, this one's first. */
  conditions(): readonly StageCondition[] {
    const others = [...this.#heard.values()].flatMap(({ heardAtMs, stages }) =>
      this.#isFresh(heardAtMs) ? stages : [],
    );
    return [...this.#own(), ...others];
  }

  /** What this process has to tell the others. */
  report(): readonly StageReport[] {
    return this.#own().map((condition) => {
      const passed = this.#passed.get(nameOf(condition));
      const own = [...(passed?.heardAtMs ?? [])].filter(([, atMs]) => atMs === null);
      return {
        ...condition,
        passed: own.map(([partition]) => ({
          partition,
          markers: passed?.watermarks.passed(partition) ?? [],
        })),
      };
    });
  }

  /** What another process told, in the order of the log. */
  hear(instance: string, stages: readonly StageReport[]): void {
    const nowMs = this.#clock.nowMs();
    this.#heard.set(instance, { heardAtMs: nowMs, stages });
    for (const stage of stages) {
      const { heardAtMs, watermarks } = this.#passedBy(stage);
      for (const { markers, partition } of stage.passed) {
        if (heardAtMs.get(partition) === null) continue;
        heardAtMs.set(partition, nowMs);
        watermarks.forget(partition);
        for (const marker of markers) watermarks.note(marker, partition);
      }
    }
  }

  #isFresh(heardAtMs: number | null): boolean {
    return heardAtMs === null || this.#clock.nowMs() - heardAtMs <= heardWithinMs;
  }

  #passedBy(of: { readonly generation: string | null; readonly stage: string }): Passed {
    const found = this.#passed.get(nameOf(of));
    if (found) return found;
    const made = { watermarks: new WatermarkTracker(), heardAtMs: new Map() };
    this.#passed.set(nameOf(of), made);
    return made;
  }
}

function nameOf(of: { readonly generation: string | null; readonly stage: string }): string {
  return `${of.generation ?? ""} ${of.stage}`;
}
