/** Writes the gauges: each number once, and after some time what each kind has to suffer. */
import { setTimeout as sleep } from "node:timers/promises";
import { pick } from "@tidemark/testing";
import type { Chance } from "@tidemark/pipeline";
import { gaugesMax, kindOf, type GaugeKeeper, type GaugeState } from "./gauge.ts";
import type { Judge } from "./judge.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const againAfterMs = 200;
const writers = 3;
/** Of the changes of a gauge that may be narrowed or deleted. */
const endShare = 0.08;
/** Of the changes of a gauge whose key may change. */
const moveShare = 0.2;

export class GaugeStream {
  readonly #keeper: GaugeKeeper;
  readonly #judge: Judge;
  readonly #chance: Chance;
  readonly #pauseMs: number;
  readonly #states: readonly Mutable<GaugeState>[] = Array.from({ length: gaugesMax }, () => ({
    reading: 0,
    isNarrow: false,
    isDeleted: false,
    moves: 0,
  }));
  #writes = 0;

  constructor(options: {
    readonly keeper: GaugeKeeper;
    readonly judge: Judge;
    readonly chance: Chance;
    readonly pauseMs: number;
  }) {
    this.#keeper = options.keeper;
    this.#judge = options.judge;
    this.#chance = options.chance;
    this.#pauseMs = options.pauseMs;
  }

  /** Writes that were tried, answered or not. */
  get tried(): number {
    return this.#writes;
  }

  get states(): readonly GaugeState[] {
    return this.#states;
  }

  keyOf(gauge: number): string {
    return this.#keeper.keyOf(gauge, this.#of(gauge).moves);
  }

  /** Every gauge with its first number. */
  async fill(): Promise<void> {
    await this.#share(async (gauges) => {
      for (const gauge of gauges) await this.#write(gauge);
    });
  }

  /** When it resolves, all that was begun is acknowledged. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#share(async (gauges) => {
      while (!signal.aborted) {
        const gauge = pick(this.#chance, gauges);
        if (!this.#of(gauge).isDeleted) await this.#change(gauge);
        const pauseMs = this.#chance() * 2 * this.#pauseMs;
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    });
  }

  /** A gauge is in one writer's hands, so that its order is known. */
  async #share(write: (gauges: readonly number[]) => Promise<void>): Promise<void> {
    const all = Array.from({ length: gaugesMax }, (_, gauge) => gauge);
    await Promise.all(
      Array.from({ length: writers }, (_, writer) =>
        write(all.filter((gauge) => gauge % writers === writer)),
      ),
    );
  }

  async #change(gauge: number): Promise<void> {
    const state = this.#of(gauge);
    const kind = kindOf(gauge);
    const chance = this.#chance();
    const ends = chance < endShare;
    if (ends && kind === "doomed") {
      state.isDeleted = true;
      this.#judge.deletes(gauge);
      await this.#untilKept(() => this.#keeper.delete(gauge));
      return;
    }
    if (ends && kind === "narrowed" && !state.isNarrow) {
      state.isNarrow = true;
      this.#judge.narrows(gauge);
    }
    const mayMove = this.#keeper.canMove && kind === "open" && !this.#judge.isMoving(gauge);
    if (mayMove && chance < moveShare) {
      state.moves += 1;
      this.#judge.moves(gauge, state.reading + 1);
    }
    await this.#write(gauge);
  }

  #write(gauge: number): Promise<void> {
    this.#of(gauge).reading += 1;
    return this.#untilKept((write) => this.#keeper.put({ ...this.#of(gauge), gauge, write }));
  }

  /** Again and again until it is acknowledged. */
  async #untilKept(keep: (write: number) => Promise<boolean>): Promise<void> {
    for (;;) {
      this.#writes += 1;
      if (await keep(this.#writes)) return;
      await sleep(againAfterMs);
    }
  }

  #of(gauge: number): Mutable<GaugeState> {
    const state = this.#states[gauge];
    if (!state) throw new RangeError(`no gauge ${gauge}`);
    return state;
  }
}
