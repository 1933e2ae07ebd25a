/** Asks for one group of gauges after another, as two people, so many times a second. */
import { setTimeout as sleep } from "node:timers/promises";
import { between, pick } from "@tidemark/testing";
import type { Chance } from "@tidemark/pipeline";
import { send } from "../checker/ask.ts";
import {
  askers,
  gaugesOf,
  groupsMax,
  principalsOf,
  question,
  type Asker,
  type GaugeState,
} from "./gauge.ts";
import type { GaugeAnswer, Judge } from "./judge.ts";

interface Found {
  readonly results: readonly { readonly text: string }[];
  readonly complete: boolean;
}

/** So many questions wait for an answer at most; more are not asked, and counted. */
const openMax = 40;
const answerWithinMs = 15_000;
/** More than a group has: two hits of one would be seen. */
const limit = 30;
const refusalsMax = 5;
/** The server is busy, or what was asked did not arrive in time. */
const laterStatuses = new Set([408, 429]);
/** Whose documents it looks for, besides everybody's. */
const tenant = "acme";

export class Observer {
  readonly #chance: Chance;
  readonly #judge: Judge;
  readonly #perSecond: number;
  readonly #source: string;
  readonly #open = new Set<Promise<void>>();
  readonly #refusals: string[] = [];
  readonly #unanswered = new Map<string, number>();
  #asked = 0;
  #unasked = 0;
  #observedMs = 0;
  #silentMsWorst = 0;
  #answeredAtMs = 0;

  constructor(options: {
    readonly chance: Chance;
    readonly judge: Judge;
    readonly perSecond: number;
    /** Of the gauges. */
    readonly source: string;
  }) {
    this.#chance = options.chance;
    this.#judge = options.judge;
    this.#perSecond = options.perSecond;
    this.#source = options.source;
  }

  get figures() {
    return {
      asked: this.#asked,
      /** Of documents, one by one. */
      looks: this.#judge.answers,
      /** By the reason: no answer in time, a server's error, nobody there. */
      unanswered: new Map(this.#unanswered),
      unasked: this.#unasked,
      observedMs: this.#observedMs,
      silentMsWorst: this.#silentMsWorst,
    };
  }

  /** The first answers that say the question was wrong: none is. */
  get refusals(): readonly string[] {
    return this.#refusals;
  }

  /** Asks at its pace, however long answers take, until it is told to stop. */
  async run(url: string, signal: AbortSignal): Promise<void> {
    const everyMs = 1_000 / this.#perSecond;
    const beganAtMs = performance.now();
    this.#answeredAtMs = beganAtMs;
    for (let nextAtMs = beganAtMs; !signal.aborted; nextAtMs += everyMs) {
      const waitMs = nextAtMs - performance.now();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (this.#open.size >= openMax) {
        this.#unasked += 1;
        continue;
      }
      const group = between(this.#chance, 0, groupsMax - 1);
      const asking = this.#hear(url, group, pick(this.#chance, askers));
      this.#open.add(asking);
      void asking.finally(() => this.#open.delete(asking));
    }
    await Promise.all(this.#open);
    this.#observedMs += performance.now() - beganAtMs;
  }

  /** Every gauge once, as both, when nothing is under way any more. */
  async askLast(url: string, states: readonly GaugeState[]): Promise<void> {
    for (let group = 0; group < groupsMax; group += 1) {
      for (const asker of askers) {
        const asked = gaugesOf(group).map((gauge) => this.#judge.asks(gauge, asker));
        const answer = await this.#ask(url, group, asker);
        if (typeof answer === "string")
          throw new Error(`no answer about group ${group}: ${answer}`);
        for (const each of asked) {
          const state = states[each.gauge];
          if (state) this.#judge.hearsLast(each, answer, state);
        }
      }
    }
  }

  async #hear(url: string, group: number, asker: Asker): Promise<void> {
    const asked = gaugesOf(group).map((gauge) => this.#judge.asks(gauge, asker));
    this.#asked += 1;
    const answer = await this.#ask(url, group, asker);
    if (typeof answer === "string") {
      this.#unanswered.set(answer, (this.#unanswered.get(answer) ?? 0) + 1);
      return;
    }
    const nowMs = performance.now();
    this.#silentMsWorst = Math.max(this.#silentMsWorst, nowMs - this.#answeredAtMs);
    this.#answeredAtMs = nowMs;
    for (const each of asked) this.#judge.hears(each, answer);
  }

  /** The answer, or why there is none. */
  async #ask(url: string, group: number, asker: Asker): Promise<GaugeAnswer | string> {
    const body = {
      query: question,
      sources: [this.#source],
      filter: { group },
      principals: principalsOf[asker],
      tenant,
      limit,
    };
    const signal = AbortSignal.timeout(answerWithinMs);
    try {
      const answer = await send(url, { method: "POST", path: "/v1/search", body, signal });
      if (answer.status !== 200) {
        const isRefused = answer.status < 500 && !laterStatuses.has(answer.status);
        if (isRefused && this.#refusals.length < refusalsMax) {
          this.#refusals.push(JSON.stringify(answer));
        }
        return `status ${answer.status}`;
      }
      const { complete, results } = answer.body as Found;
      return { texts: results.map((hit) => hit.text), isComplete: complete };
    } catch (error) {
      // Nobody is there, or whoever would answer has died over it.
      return signal.aborted ? "timeout" : (error as Error).message;
    }
  }
}
