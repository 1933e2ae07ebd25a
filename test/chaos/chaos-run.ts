/** The rounds: change, have something go wrong, and at the end wait until all is done, and check. */
import { execFile } from "node:child_process";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { eventually, seededChance } from "@tidemark/testing";
import { ask } from "../checker/ask.ts";
import { awaitComplete } from "../checker/await-complete.ts";
import type { CheckReport } from "../checker/check.ts";
import type { ChaosParts, ChaosWorld } from "./chaos-world.ts";
import { FaultDriver } from "./fault-driver.ts";
import { GaugeStream } from "./gauge-stream.ts";
import { Judge, type Violation } from "./judge.ts";
import { MemoryWatch, type PeaksByService } from "./memory-watch.ts";
import { Observer } from "./observer.ts";
import { kindOfFault, textOf, type Round } from "./plan-faults.ts";

export interface ChaosOptions {
  readonly rounds: readonly Round[];
  readonly seed: number;
  /** For what is written down; it is there. */
  readonly directory: string;
  readonly perSecond?: number;
  readonly pauseMs?: number;
  readonly tell: (line: string) => void;
}

export interface ChaosResult {
  readonly rounds: number;
  readonly faults: ReadonlyMap<string, number>;
  /** How much was changed, by what it is called. */
  readonly changes: ReadonlyMap<string, number>;
  readonly acknowledged: number;
  readonly observer: Observer["figures"];
  readonly refusals: readonly string[];
  readonly incomplete: number;
  /** Answers that the observer was given and that were wrong. */
  readonly observed: number;
  /** What was wrong besides what the checker found. */
  readonly violations: readonly string[];
  readonly check: CheckReport | null;
  readonly deadLetters: number;
  readonly settledMs: number;
  readonly memory: PeaksByService;
  /** The ends of the logs of processes that ended by themselves. */
  readonly ended: readonly string[];
}

const checkerMain = join(import.meta.dirname, "../checker/main.ts");
/** So that 20 a second are asked at least, also while nobody answers and too many are open. */
const perSecondDefault = 32;
const pauseMsDefault = 100;
const settleWithinMs = 240_000;
const reportBytesMax = 64 << 20;

export async function runChaos(parts: ChaosParts, options: ChaosOptions): Promise<ChaosResult> {
  return new ChaosRun(parts, options).all();
}

class ChaosRun {
  readonly #parts: ChaosParts;
  readonly #options: ChaosOptions;
  readonly #world: ChaosWorld;
  readonly #judge: Judge;
  readonly #observer: Observer;
  readonly #gauges: GaugeStream;
  readonly #driver: FaultDriver;
  readonly #memory = new MemoryWatch();
  readonly #faults = new Map<string, number>();
  readonly #violations: string[] = [];
  #observed = 0;
  #now = "filling";

  constructor(parts: ChaosParts, options: ChaosOptions) {
    const { directory, pauseMs = pauseMsDefault, perSecond = perSecondDefault, seed } = options;
    this.#parts = parts;
    this.#options = options;
    mkdirSync(join(directory, "violations"));
    this.#judge = new Judge((violation) => void this.#violated(violation));
    const chance = (salt: number) => seededChance(seed * 11 + salt);
    const judge = this.#judge;
    this.#world = parts.world({ directory, chance, pauseMs });
    const keeper = this.#world.gauges;
    const { source } = keeper;
    this.#observer = new Observer({ judge, chance: chance(1), perSecond, source });
    this.#gauges = new GaugeStream({ keeper, judge, chance: chance(2), pauseMs });
    this.#driver = new FaultDriver(parts);
  }

  async all(): Promise<ChaosResult> {
    const { rounds } = this.#options;
    const { deployment } = this.#parts;
    const { url } = deployment;
    await this.#gauges.fill();
    await awaitComplete(url);
    const over = new AbortController();
    const aside = [
      this.#observer.run(url, over.signal),
      this.#gauges.run(over.signal),
      this.#memory.run(deployment, over.signal),
    ].map((work) => this.#guarded(work));
    for (const [at, round] of rounds.entries()) await this.#round(at, round);
    this.#now = "after the last round";
    await this.#driver.healed();
    over.abort();
    await Promise.all(aside);
    const settledMs = await this.#settle(url);
    const check = settledMs === null ? null : await this.#check(url);
    const { deadLetters } = await ask<{ readonly deadLetters: readonly unknown[] }>(url, {
      method: "GET",
      path: "/v1/dead-letters",
    });
    return {
      rounds: rounds.length,
      faults: this.#faults,
      changes: new Map([["changes of gauges", this.#gauges.tried], ...this.#world.changes()]),
      acknowledged: this.#world.acknowledged,
      observer: this.#observer.figures,
      refusals: this.#observer.refusals,
      incomplete: this.#judge.incomplete,
      observed: this.#observed,
      violations: this.#violations,
      check,
      deadLetters: deadLetters.length,
      settledMs: settledMs ?? Number.NaN,
      memory: this.#memory.peaks(),
      ended: this.#driver.ended,
    };
  }

  async #round(at: number, { calmMs, fault, heals }: Round): Promise<void> {
    this.#now = `round ${at + 1}, ${textOf(fault)}`;
    this.#options.tell(`${this.#now}${heals ? ", and all heals" : ""}`);
    const kind = kindOfFault(fault);
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
    const stop = new AbortController();
    const streams = this.#world.run(at, stop.signal).map((work) => this.#guarded(work));
    await sleep(calmMs);
    const over = this.#driver.befall(fault);
    await (heals ? over.then(() => this.#driver.healed()) : sleep(calmMs));
    this.#driver.startWhatEnded();
    stop.abort();
    await Promise.all(streams);
  }

  /** An answer that no stream expects is a violation, and the rest goes on. */
  #guarded(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      this.#violations.push(`${this.#now}: ${String(error)}`);
      this.#options.tell(`violated: ${this.#violations.at(-1)}`);
    });
  }

  /** Until all that happened is searchable, in ms; null when it never is. */
  async #settle(url: string): Promise<number | null> {
    const beganAtMs = performance.now();
    try {
      await eventually(() => awaitComplete(url, { withinMs: settleWithinMs }), {
        withinMs: settleWithinMs,
      });
      await this.#world.lookUp();
      const settledMs = performance.now() - beganAtMs;
      await this.#observer.askLast(url, this.#gauges.states);
      return settledMs;
    } catch (error) {
      this.#violations.push(`at the end: ${String(error)}`);
      return null;
    }
  }

  /** By another program, so that nothing it knows comes from here but what is written down. */
  async #check(url: string): Promise<CheckReport> {
    const { args, environment } = this.#world.checker();
    const { configFiles } = this.#parts.deployment;
    const cluster = configFiles.flatMap((file) => ["--cluster", file]);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [checkerMain, ...args, ...cluster, "--url", url],
      { maxBuffer: reportBytesMax, env: { ...process.env, ...environment } },
    ).catch((error: unknown) => {
      const { code, stdout: printed } = error as { readonly code: unknown; stdout: string };
      // It ends with 1 when it found something, and has printed what.
      if (code === 1 && printed !== "") return { stdout: printed };
      throw error;
    });
    return JSON.parse(stdout) as CheckReport;
  }

  /** Kept with what Tidemark says of the document just then. */
  async #violated({ asker, gauge, what }: Violation): Promise<void> {
    const said = `${this.#now}: gauge ${gauge}, asked by ${asker}: ${what}`;
    this.#observed += 1;
    this.#violations.push(said);
    this.#options.tell(`violated: ${said}`);
    const path = `/v1/why/${this.#world.gauges.source}/${this.#gauges.keyOf(gauge)}`;
    const { url } = this.#parts.deployment;
    const why = await ask(url, { method: "GET", path }).catch(String);
    appendFileSync(
      join(this.#at("violations"), `${gauge}.ndjson`),
      `${JSON.stringify({ at: new Date(), said, why })}\n`,
    );
  }

  #at(name: string): string {
    return join(this.#options.directory, name);
  }
}
