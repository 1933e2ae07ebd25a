/** Writes the gauges: each number once, and after some time what each kind has to suffer. */
import { setTimeout as sleep } from "node:timers/promises";
import { pick } from "@tidemark/testing";
import type { Chance } from "@tidemark/pipeline";
import { documentPath, send } from "../checker/ask.ts";
import type { PushRecord } from "../kills/push-record.ts";
import { documentOf, gaugesMax, gaugeSource, keyOf, kindOf, type GaugeState } from "./gauge.ts";
import type { Judge } from "./judge.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const againAfterMs = 200;
const writers = 3;
/** The write may not have been kept, and is tried again. */
const laterStatuses = new Set([408, 429]);
/** Of the changes of a gauge that may be narrowed or deleted. */
const endShare = 0.08;

export class GaugeStream {
  readonly #record: PushRecord;
  readonly #judge: Judge;
  readonly #chance: Chance;
  readonly #pauseMs: number;
  readonly #states: readonly Mutable<GaugeState>[] = Array.from({ length: gaugesMax }, () => ({
    reading: 0,
    isNarrow: false,
    isDeleted: false,
  }));
  #writes = 0;

  constructor(options: {
    readonly record: PushRecord;
    readonly judge: Judge;
    readonly chance: Chance;
    readonly pauseMs: number;
  }) {
    this.#record = options.record;
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

  /** Every gauge with its first number. */
  async fill(url: string): Promise<void> {
    await this.#share(async (gauges) => {
      for (const gauge of gauges) await this.#write(url, gauge);
    });
  }

  /** When it resolves, all that was begun is acknowledged. */
  async run(url: string, signal: AbortSignal): Promise<void> {
    await this.#share(async (gauges) => {
      while (!signal.aborted) {
        const gauge = pick(this.#chance, gauges);
        if (!this.#of(gauge).isDeleted) await this.#change(url, gauge);
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

  async #change(url: string, gauge: number): Promise<void> {
    const state = this.#of(gauge);
    const ends = this.#chance() < endShare;
    if (ends && kindOf(gauge) === "doomed") {
      state.isDeleted = true;
      this.#judge.deletes(gauge);
      await this.#send(url, { gauge, method: "DELETE" });
      return;
    }
    if (ends && kindOf(gauge) === "narrowed" && !state.isNarrow) {
      state.isNarrow = true;
      this.#judge.narrows(gauge);
    }
    await this.#write(url, gauge);
  }

  #write(url: string, gauge: number): Promise<void> {
    this.#of(gauge).reading += 1;
    return this.#send(url, { gauge, method: "PUT" });
  }

  /** Again and again until it is acknowledged. */
  async #send(
    url: string,
    { gauge, method }: { readonly gauge: number; readonly method: "PUT" | "DELETE" },
  ): Promise<void> {
    const key = keyOf(gauge);
    const path = documentPath(gaugeSource, key);
    for (let isDone = false; !isDone;) {
      this.#writes += 1;
      const document = documentOf(gauge, { ...this.#of(gauge), write: this.#writes });
      const { key: _key, source: _source, ...body } = document;
      const write = () => (method === "PUT" ? document : null);
      const content = method === "PUT" ? { body } : {};
      const answer = await send(url, { method, path, ...content }).catch(() => null);
      isDone = answer?.status === 202;
      if (answer?.status === 202) {
        this.#record.wrote(key, write, (answer.body as { readonly token: string }).token);
      } else {
        this.#record.wasCutOff(key, write);
        if (answer && answer.status < 500 && !laterStatuses.has(answer.status)) {
          throw new RangeError(`${method} ${key}: ${JSON.stringify(answer)}`);
        }
        await sleep(againAfterMs);
      }
    }
  }

  #of(gauge: number): Mutable<GaugeState> {
    const state = this.#states[gauge];
    if (!state) throw new RangeError(`no gauge ${gauge}`);
    return state;
  }
}
