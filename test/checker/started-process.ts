/** One running process on a data directory, from its start to its end, whichever way it ends. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface StartOptions {
  readonly dataDirectory: string;
  readonly configFile: string;
  /** Where its output goes, appended. */
  readonly logFile: string;
  readonly main?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const lookEveryMs = 10;
const readyWaitMsMax = 60_000;
const stopWaitMsMax = 20_000;
const plainMain = join(import.meta.dirname, "process-main.ts");

export class StartedProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #noteFile: string;
  readonly #startedAtMs = performance.now();
  readonly ended: Promise<void>;
  #url: string | null = null;

  private constructor(child: ChildProcess, noteFile: string) {
    this.#child = child;
    this.#noteFile = noteFile;
    this.ended = once(child, "exit").then(() => undefined);
  }

  static start(options: StartOptions): StartedProcess {
    const { configFile, dataDirectory, environment = {}, logFile, main = plainMain } = options;
    const noteFile = join(dataDirectory, "process.json");
    // The one of a process that was killed says where nobody listens any more.
    rmSync(noteFile, { force: true });
    const log = openSync(logFile, "a");
    try {
      const child = fork(main, [dataDirectory, configFile], {
        stdio: ["ignore", log, log, "ipc"],
        env: { ...process.env, ...environment },
        execArgv: [],
      });
      return new StartedProcess(child, noteFile);
    } finally {
      closeSync(log);
    }
  }

  /** Where it listens; null before it does. */
  get url(): string | null {
    return this.#url;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Milliseconds from its start until `/readyz` said yes; null when it ended before. */
  async untilReady(): Promise<number | null> {
    while (!this.hasEnded) {
      this.#url ??= this.#readUrl();
      if (this.#url && (await isReady(this.#url))) return performance.now() - this.#startedAtMs;
      if (performance.now() - this.#startedAtMs > readyWaitMsMax) {
        throw new Error(`a process is not ready after ${readyWaitMsMax} ms`);
      }
      await sleep(lookEveryMs);
    }
    return null;
  }

  send(message: string): void {
    // It may be gone by now, which its end will say.
    if (!this.hasEnded && this.#child.connected) this.#child.send(message, () => undefined);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** @throws when it does not drain in time, or fails while draining. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const stopped = await Promise.race([
      this.ended.then(() => true),
      sleep(stopWaitMsMax, false, { ref: false }),
    ]);
    if (!stopped) {
      await this.kill();
      throw new Error(`a process did not stop within ${stopWaitMsMax} ms`);
    }
    if (this.exitCode !== 0) throw new Error(`a process ended with exit code ${this.exitCode}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) await this.kill();
  }

  #readUrl(): string | null {
    try {
      const note = JSON.parse(readFileSync(this.#noteFile, "utf8")) as { readonly url: string };
      return note.url;
    } catch {
      // Not written yet, or half of it.
      return null;
    }
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`);
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
