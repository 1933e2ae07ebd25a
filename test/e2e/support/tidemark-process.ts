/** One Tidemark process: started, asked, told to stop or killed; nothing of it is left behind. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunOptions } from "@tidemark/embedded";
import { eventually } from "@tidemark/testing";
import { TidemarkApi } from "./tidemark-api.ts";

const program = join(import.meta.dirname, "serve.ts");
/** Where a process says what address it got. */
const processNoteFile = "process.json";
const startWithinMs = 60_000;
const outputCharsMax = 64 * 1024;

export class TidemarkProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #dataDirectory: string;
  readonly #exited: Promise<number | null>;
  #output = "";
  #url: string | null = null;

  private constructor(
    options: Partial<RunOptions> & { readonly dataDirectory: string },
    environment: NodeJS.ProcessEnv = {},
  ) {
    this.#dataDirectory = options.dataDirectory;
    const all: RunOptions = {
      path: null,
      host: null,
      port: 0,
      configFiles: [],
      mode: "dev",
      ...options,
    };
    const flags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=16"];
    this.#child = spawn(process.execPath, [...flags, program, JSON.stringify(all)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-outputCharsMax);
      });
    }
    this.#exited = once(this.#child, "close").then(([code]) => code as number | null);
  }

  /** Resolves when it listens. @throws with what it printed when it ends before. */
  static async start(
    options: Partial<RunOptions> & { readonly dataDirectory: string },
    environment: NodeJS.ProcessEnv = {},
  ): Promise<TidemarkProcess> {
    const started = new TidemarkProcess(options, environment);
    try {
      await eventually(() => started.#listens(), { withinMs: startWithinMs, everyMs: 10 });
    } catch (error) {
      await started.kill();
      throw error;
    }
    if (started.#url === null) throw new Error(`it ended instead:\n${started.output}`);
    return started;
  }

  /** For a process that must not start: what it printed, and its exit code. */
  static async refused(
    options: Partial<RunOptions> & { readonly dataDirectory: string },
  ): Promise<{ readonly exitCode: number | null; readonly output: string }> {
    await using started = new TidemarkProcess(options);
    const exitCode = await started.#exited;
    return { exitCode, output: started.output };
  }

  get api(): TidemarkApi {
    if (this.#url === null) throw new Error("it does not listen");
    return new TidemarkApi(this.#url);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it printed last. */
  get output(): string {
    return this.#output;
  }

  /** The most resident memory it ever had. Linux alone tells. */
  memoryPeakBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(?<kB>\d+) kB$/mu.exec(status)?.groups?.["kB"]) * 1024;
  }

  /** Asks it to stop, and answers its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return this.#exited;
  }

  /** Ends it as a loss of power would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #listens(): boolean {
    if (this.#child.exitCode !== null) return true;
    try {
      const path = join(this.#dataDirectory, processNoteFile);
      const note = JSON.parse(readFileSync(path, "utf8")) as { url: string; pid: number };
      // A note that a killed process left behind is not this one's.
      if (note.pid !== this.pid) return false;
      this.#url = note.url;
      return true;
    } catch {
      return false;
    }
  }
}
