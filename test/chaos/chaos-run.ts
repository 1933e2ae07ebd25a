/** The rounds: change, have something go wrong, and at the end wait until all is done, and check. */
import { execFile } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { eventually, seededChance } from "@tidemark/testing";
import { ask } from "../checker/ask.ts";
import { awaitComplete } from "../checker/await-complete.ts";
import type { CheckReport } from "../checker/check.ts";
import { FolderStream } from "../kills/folder-stream.ts";
import { lookUpUncertain } from "../kills/look-up.ts";
import { PushRecord } from "../kills/push-record.ts";
import { PushStream } from "../kills/push-stream.ts";
import { testCredentials } from "../servers/bucket-under-test.ts";
import { BucketStream } from "./bucket-stream.ts";
import { writeCheckerConfig, type ChaosParts } from "./chaos-parts.ts";
import { FaultDriver } from "./fault-driver.ts";
import { GaugeStream } from "./gauge-stream.ts";
import { keyOf, gaugeSource } from "./gauge.ts";
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
  readonly changes: Readonly<
    Record<"gauges" | "pushes" | "bucket" | "eventsLost" | "folder", number>
  >;
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
const perSecondDefault = 25;
const pauseMsDefault = 100;
/** Documents of a round are left alone for so many, so that faults are not covered up at once. */
const prefixes = 20;
const settleWithinMs = 240_000;
const reportBytesMax = 64 << 20;

export async function runChaos(parts: ChaosParts, options: ChaosOptions): Promise<ChaosResult> {
  return new ChaosRun(parts, options).all();
}

class ChaosRun {
  readonly #parts: ChaosParts;
  readonly #options: ChaosOptions;
  readonly #record: PushRecord;
  readonly #judge: Judge;
  readonly #observer: Observer;
  readonly #gauges: GaugeStream;
  readonly #push: PushStream;
  readonly #bucket: BucketStream;
  readonly #folder: FolderStream;
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
    writeFileSync(this.#at("acknowledged.ndjson"), "");
    this.#record = new PushRecord(this.#at("acknowledged.ndjson"));
    this.#judge = new Judge((violation) => void this.#violated(violation));
    const chance = (salt: number) => seededChance(seed * 11 + salt);
    const [record, judge] = [this.#record, this.#judge];
    this.#observer = new Observer({ judge, chance: chance(1), perSecond });
    this.#gauges = new GaugeStream({ record, judge, chance: chance(2), pauseMs });
    this.#push = new PushStream({ record, chance: chance(3), pauseMs, outlasts: true });
    this.#bucket = new BucketStream({ bucket: parts.bucket, chance: chance(4), pauseMs });
    const folder = parts.deployment.at("");
    this.#folder = new FolderStream({ folder, chance: chance(5), pauseMs });
    this.#driver = new FaultDriver(parts);
  }

  async all(): Promise<ChaosResult> {
    const { rounds } = this.#options;
    const { deployment, bucket } = this.#parts;
    const { url } = deployment;
    await this.#gauges.fill(url);
    await awaitComplete(url);
    const over = new AbortController();
    const aside = [
      this.#observer.run(url, over.signal),
      this.#gauges.run(url, over.signal),
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
      changes: {
        gauges: this.#gauges.tried,
        pushes: this.#push.tried,
        bucket: this.#bucket.changes,
        eventsLost: bucket.events.lostEvents,
        folder: this.#folder.changes,
      },
      acknowledged: this.#record.acknowledged,
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
    const { url } = this.#parts.deployment;
    this.#now = `round ${at + 1}, ${textOf(fault)}`;
    this.#options.tell(`${this.#now}${heals ? ", and all heals" : ""}`);
    const kind = kindOfFault(fault);
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
    const stop = new AbortController();
    const prefix = `r${at % prefixes}/`;
    const pace = { isWatched: () => true, changesMax: () => this.#push.tried / 2 };
    const streams = [
      this.#push.run(url, prefix, stop.signal),
      this.#bucket.run(prefix, stop.signal),
      this.#folder.run(prefix, pace, stop.signal),
    ].map((work) => this.#guarded(work));
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
      await lookUpUncertain(url, this.#record);
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
    const expected = [...this.#record.expected(), ...this.#bucket.expected()];
    const lines = expected.map((document) => `${JSON.stringify(document)}\n`);
    writeFileSync(this.#at("expected.ndjson"), lines.join(""));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        checkerMain,
        "--config",
        writeCheckerConfig(this.#parts, this.#options.directory),
        ...this.#parts.deployment.configFiles.flatMap((file) => ["--cluster", file]),
        "--url",
        url,
        "--pushed",
        this.#at("expected.ndjson"),
        "--tokens",
        this.#at("acknowledged.ndjson"),
      ],
      {
        maxBuffer: reportBytesMax,
        env: {
          ...process.env,
          AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
        },
      },
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
    const path = `/v1/why/${gaugeSource}/${keyOf(gauge)}`;
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
