/** One Tidemark process under measurement: started cold, asked over HTTP, watched from outside. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FreshnessWire, SourceFreshnessWire } from "@tidemark/api";
import type { EmbeddedArguments } from "./embedded-main.ts";
import type { PartContext } from "./part.ts";
import { cpuSecondsOf, memoryOf } from "./process-usage.ts";

export interface BenchedOptions {
  /** The config file's content; JSON is YAML. */
  readonly config: object;
  readonly dataDirectory: string;
  readonly fixedVectors?: boolean;
  /** Names the profiles, where they are taken. */
  readonly profileName?: string;
}

const program = join(import.meta.dirname, "embedded-main.ts");
/** As `npm start` has it. */
const spaceFlag = "--max-semi-space-size=16";
const lookEveryMs = 5;
const lookNearMs = 20;
const lookFarMs = 250;
const nearShare = 0.05;
const startWithinMs = 120_000;
const drainWithinMs = 15_000;
const outputCharsMax = 16_384;
const outputShownMax = 1_000;

export class BenchedProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly spawnedAtMs = performance.now();
  listeningAtMs = Number.NaN;
  #url = "";
  #output = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "close");
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-outputCharsMax);
      });
    }
  }

  /** Resolves when it listens. @throws with what it printed when it ends before. */
  static async start(context: PartContext, options: BenchedOptions): Promise<BenchedProcess> {
    const { dataDirectory, profileName } = options;
    await mkdir(dataDirectory, { recursive: true });
    const configFile = `${dataDirectory}.yaml`;
    await writeFile(configFile, JSON.stringify({ version: 1, ...options.config }));
    rmSync(join(dataDirectory, "process.json"), { force: true });
    const profile =
      context.profileDirectory && profileName
        ? ["--cpu-prof", `--cpu-prof-dir=${join(context.profileDirectory, profileName)}`]
        : [];
    const run: EmbeddedArguments["run"] = {
      path: null,
      host: "127.0.0.1",
      port: 0,
      dataDirectory,
      configFiles: [configFile],
      mode: "serve",
    };
    const given = JSON.stringify({ run, fixedVectors: options.fixedVectors ?? false });
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", spaceFlag, ...profile, program, given],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const started = new BenchedProcess(child);
    context.resources.use(started);
    await started.#untilListening(join(dataDirectory, "process.json"));
    return started;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask<T>(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<T> {
    const response = await this.#fetch(path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Many documents at once, each with its key. */
  async bulk(source: string, lines: readonly object[]): Promise<void> {
    const response = await this.#fetch(`/v1/sources/${source}/documents`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    });
    const text = await response.text();
    if (response.status !== 202) throw new Error(`bulk: ${response.status} ${text.slice(0, 500)}`);
  }

  async freshnessOf(source: string): Promise<SourceFreshnessWire> {
    const { sources } = await this.ask<FreshnessWire>("GET", "/v1/freshness");
    const found = sources.find((each) => each.source === source);
    if (!found) throw new Error(`no source ${source}`);
    return found;
  }

  /** Milliseconds from 0 of `performance` at which so many documents could be found. */
  async untilSearchable(source: string, documents: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      const { failed, pending, searchable } = await this.freshnessOf(source);
      if (searchable >= documents && pending === 0) return performance.now();
      if (failed > 0) throw new Error(`${failed} documents of ${source} failed`);
      this.throwIfEnded();
      // Rarely at first, since looking is work too; often where the end is near.
      const isNear = documents - searchable <= documents * nearShare;
      await sleep(isNear ? lookNearMs : lookFarMs, undefined, { signal });
    }
  }

  async isReady(): Promise<boolean> {
    const response = await this.#fetch("/readyz");
    await response.arrayBuffer();
    return response.ok;
  }

  /** The sum of a metric over the series that have these labels. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const response = await this.#fetch("/metrics");
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    let sum = 0;
    for (const line of (await response.text()).split("\n")) {
      if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
      if (wanted.every((label) => line.includes(label))) sum += Number(line.split(" ").at(-1));
    }
    return sum;
  }

  /** Of all its threads, since it began. NaN where the system does not tell. */
  cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }

  residentBytes(): number {
    return this.memory().residentBytes;
  }

  /** Resident memory, and what of it are pages of files: programs, and what of the database is mapped. */
  memory(): ReturnType<typeof memoryOf> {
    return memoryOf(this.pid);
  }

  throwIfEnded(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    throw new Error(`the process ended:\n${this.#output}`);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const late = sleep(drainWithinMs, "late", { ref: false });
    if ((await Promise.race([this.#exited, late])) !== "late") return;
    await this[Symbol.asyncDispose]();
    throw new Error(`it did not stop in ${drainWithinMs} ms:\n${this.#output}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
    }
    await this.#exited;
  }

  /** @throws with what the process printed, where it is gone */
  async #fetch(path: string, request: RequestInit = {}): Promise<Response> {
    try {
      return await fetch(`${this.#url}${path}`, request);
    } catch (error) {
      await sleep(lookEveryMs);
      this.throwIfEnded();
      const { cause } = error as Error;
      const printed = this.#output.slice(-outputShownMax);
      throw new Error(`${path}: ${String(cause ?? error)}; printed: ${printed}`, { cause: error });
    }
  }

  async #untilListening(noteFile: string): Promise<void> {
    while (performance.now() - this.spawnedAtMs < startWithinMs) {
      this.throwIfEnded();
      try {
        this.#url = (JSON.parse(readFileSync(noteFile, "utf8")) as { readonly url: string }).url;
        this.listeningAtMs = performance.now();
        return;
      } catch {
        await sleep(lookEveryMs);
      }
    }
    throw new Error(`it does not listen:\n${this.#output}`);
  }
}
