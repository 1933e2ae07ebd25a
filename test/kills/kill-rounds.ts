/** The rounds: start, change, die, and every so often wait until all is done and have it checked. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { seededChance } from "@tidemark/testing";
import { awaitComplete } from "../checker/await-complete.ts";
import type { CheckReport } from "../checker/check.ts";
import { StartedProcess } from "../checker/started-process.ts";
import { FolderStream } from "./folder-stream.ts";
import {
  formatKill,
  killArmedVariable,
  killNoteVariable,
  killVariable,
  parseKill,
  type KillMoment,
  type KillPlan,
  type KillStep,
} from "./kill-step.ts";
import { lookUpUncertain } from "./look-up.ts";
import { planRounds, type Round } from "./plan-rounds.ts";
import { PushRecord } from "./push-record.ts";
import { PushStream, pushSource } from "./push-stream.ts";

export interface RoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Emptied before. */
  readonly directory: string;
  readonly checkEvery: number;
  readonly pauseMs?: number;
  readonly tell: (line: string) => void;
}

export interface RoundsResult {
  readonly rounds: number;
  /** By step and moment; those from outside under `random`. */
  readonly kills: ReadonlyMap<string, number>;
  readonly killsByStep: ReadonlyMap<KillStep | "random", number>;
  readonly pushes: number;
  readonly folderChanges: number;
  readonly acknowledged: number;
  readonly restartMsWorst: number;
  readonly checks: readonly CheckReport[];
  /** What was wrong besides what the checker found. */
  readonly violations: readonly string[];
}

const checkerMain = join(import.meta.dirname, "../checker/main.ts");
const processMain = join(import.meta.dirname, "process-main.ts");
const pauseMsDefault = 30;
/** A planned step that is not reached by then is tried again in a later round. */
const stepWaitMsMax = 6_000;
const reportBytesMax = 64 << 20;

export async function runRounds(options: RoundsOptions): Promise<RoundsResult> {
  const run = new KillRun(options);
  return run.all();
}

class KillRun {
  readonly #options: RoundsOptions;
  readonly #paths: Readonly<
    Record<"data" | "folder" | "config" | "log" | "note" | "tokens", string>
  >;
  readonly #record: PushRecord;
  readonly #push: PushStream;
  readonly #folder: FolderStream;
  readonly #kills = new Map<string, number>();
  readonly #killsByStep = new Map<KillStep | "random", number>();
  readonly #missed: KillPlan[] = [];
  readonly #checks: CheckReport[] = [];
  readonly #violations: string[] = [];
  #restartMsWorst = 0;

  constructor(options: RoundsOptions) {
    const { directory, pauseMs = pauseMsDefault, seed } = options;
    rmSync(directory, { recursive: true, force: true });
    this.#options = options;
    this.#paths = {
      data: join(directory, "data"),
      folder: join(directory, "files"),
      config: join(directory, "tidemark.yaml"),
      log: join(directory, "process.log"),
      note: join(directory, "killed-at"),
      tokens: join(directory, "acknowledged.ndjson"),
    };
    mkdirSync(this.#paths.folder, { recursive: true });
    mkdirSync(this.#paths.data);
    writeFileSync(this.#paths.tokens, "");
    writeFileSync(this.#paths.config, configOf(this.#paths.folder));
    this.#record = new PushRecord(this.#paths.tokens);
    const chance = (salt: number) => seededChance(seed * 7 + salt);
    const { folder } = this.#paths;
    this.#push = new PushStream({ record: this.#record, chance: chance(1), pauseMs });
    this.#folder = new FolderStream({ folder, chance: chance(2), pauseMs });
  }

  async all(): Promise<RoundsResult> {
    const { checkEvery, rounds, seed, tell } = this.#options;
    for (const [at, planned] of planRounds(rounds, seed).entries()) {
      // What was missed before goes where chance would have had its way.
      const again = planned.kind === "random" ? this.#missed.shift() : undefined;
      const round = again ? { kind: "step" as const, plan: again, armedFromStart: false } : planned;
      // Each round has documents of its own until the next check, so that what a kill does to them
      // is not covered up by what comes after.
      const died = await this.#round(round, `r${at % checkEvery}/`);
      tell(`round ${at + 1}: ${died}`);
      const isLast = at === rounds - 1;
      if (isLast || (at + 1) % checkEvery === 0) await this.#check(at + 1);
    }
    return {
      rounds,
      kills: this.#kills,
      killsByStep: this.#killsByStep,
      pushes: this.#push.tried,
      folderChanges: this.#folder.changes,
      acknowledged: this.#record.acknowledged,
      restartMsWorst: this.#restartMsWorst,
      checks: this.#checks,
      violations: this.#violations,
    };
  }

  /** @returns where it died */
  async #round(round: Round, prefix: string): Promise<string> {
    rmSync(this.#paths.note, { force: true });
    const stop = new AbortController();
    let isWatched = false;
    // Half of all changes come through the push API.
    const pace = { isWatched: () => isWatched, changesMax: () => this.#push.tried };
    const folder = this.#folder.run(prefix, pace, stop.signal);
    await using started = this.#start(
      round.kind === "step" ? environmentOf(round, this.#paths.note) : {},
    );
    if (round.kind === "random" && round.whileStarting) {
      await sleep(round.afterMs);
      await started.kill();
    }
    const readyMs = await started.untilReady();
    if (readyMs !== null && started.url) {
      this.#restartMsWorst = Math.max(this.#restartMsWorst, readyMs);
      isWatched = true;
      started.send("arm");
      const waitMs = round.kind === "random" ? round.afterMs : stepWaitMsMax;
      const push = this.#push.run(started.url, prefix, stop.signal);
      await Promise.race([
        started.ended,
        sleep(waitMs, undefined, { signal: stop.signal }).catch(() => undefined),
      ]);
      if (!started.hasEnded) await started.kill();
      stop.abort();
      await push;
    }
    await started.ended;
    stop.abort();
    await folder;
    return this.#countKill(round, started);
  }

  #countKill(round: Round, started: StartedProcess): string {
    if (started.exitCode !== null) {
      this.#violations.push(`a process ended by itself: exit code ${started.exitCode}`);
    }
    const note = readNote(this.#paths.note);
    const where = note ? formatKill(note) : "random";
    count(this.#killsByStep, note?.step ?? "random");
    count(this.#kills, note ? `${note.step} ${note.moment}` : "random");
    if (!note && round.kind === "step") {
      this.#missed.push(round.plan);
      return `random, since ${formatKill(round.plan)} was not reached`;
    }
    return where;
  }

  async #check(round: number): Promise<void> {
    const { directory, tell } = this.#options;
    await using started = this.#start({});
    const readyMs = await started.untilReady();
    const { url } = started;
    if (readyMs === null || !url) {
      this.#violations.push(`after round ${round} it does not start: see ${this.#paths.log}`);
      return;
    }
    this.#restartMsWorst = Math.max(this.#restartMsWorst, readyMs);
    const settled = await this.#settle(url).catch((error: unknown) => String(error));
    if (settled) {
      this.#violations.push(`after round ${round}: ${settled}`);
      return;
    }
    const pushed = join(directory, "expected.ndjson");
    const lines = this.#record.expected().map((document) => `${JSON.stringify(document)}\n`);
    writeFileSync(pushed, lines.join(""));
    const { config, tokens } = this.#paths;
    const report = await runChecker([
      "--config",
      config,
      "--url",
      url,
      "--pushed",
      pushed,
      "--tokens",
      tokens,
    ]);
    this.#checks.push(report);
    if (report.hits === 0) this.#violations.push("no search of the checker found anything");
    const { differences, documents, leftovers } = report;
    tell(
      `checked after round ${round}: ${documents} documents, ${differences.length} differences, ${leftovers.points} leftovers`,
    );
    for (const { detail, kind, subject } of differences.slice(0, 20)) {
      tell(`  ${kind} ${subject}: ${detail}`);
    }
    await started.stop();
  }

  /** @throws when it never completes, or a document is in no state that it could be in */
  async #settle(url: string): Promise<null> {
    await awaitComplete(url);
    await lookUpUncertain(url, this.#record);
    return null;
  }

  #start(environment: Readonly<Record<string, string>>): StartedProcess {
    const { config, data, log } = this.#paths;
    return StartedProcess.start({
      dataDirectory: data,
      configFile: config,
      logFile: log,
      main: processMain,
      environment,
    });
  }
}

/** Another program, so that nothing it knows comes from here but what is written down. */
async function runChecker(args: readonly string[]): Promise<CheckReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [checkerMain, ...args], {
    maxBuffer: reportBytesMax,
  }).catch((error: unknown) => {
    const { code, stdout } = error as { readonly code: unknown; readonly stdout: string };
    // It ends with 1 when it found something, and has printed what.
    if (code === 1 && stdout !== "") return { stdout };
    throw error;
  });
  return JSON.parse(stdout) as CheckReport;
}

function environmentOf(round: Extract<Round, { kind: "step" }>, note: string) {
  return {
    [killVariable]: formatKill(round.plan),
    [killNoteVariable]: note,
    [killArmedVariable]: round.armedFromStart ? "1" : "0",
  };
}

function readNote(
  file: string,
): ({ readonly step: KillStep; readonly moment: KillMoment } & KillPlan) | null {
  try {
    return parseKill(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function configOf(folder: string): string {
  return [
    "version: 1",
    "vectors: { chunker: { kind: structure, maxTokens: 48 } }",
    "defaults: { window: { wait: 100ms, max: 50 } }",
    "sources:",
    // Many files go while nobody watches, and nobody is there to confirm that.
    `  files: { kind: folder, path: ${JSON.stringify(folder)}, tenant: "*", permissions: deny, hold: { above: 1000 } }`,
    `  ${pushSource}: { kind: push, tenant: "*", permissions: deny }`,
    "",
  ].join("\n");
}
