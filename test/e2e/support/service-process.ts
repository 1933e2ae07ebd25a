/** One service as a process of its own, from its start to its end, whichever way it ends. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const serviceNames = [
  "ingestor",
  "connector",
  "restrictor",
  "chunker",
  "embedder",
  "upserter",
  "freshness",
  "gateway",
] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface ServiceStart {
  readonly service: ServiceName;
  readonly configFiles: readonly string[];
  readonly port: number;
  /** Where its output goes, appended. */
  readonly logFile: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Started in place of the service's own; takes the same arguments. */
  readonly program?: string;
}

const root = join(import.meta.dirname, "../../..");
/** Sources that were read once are not stripped of their types again. */
const compiled = join(root, ".cache/compiled");
/** A bound for what hangs, and no measure of speed: machines are shared. */
const readyWithinMs = 150_000;
const stopWithinMs = 30_000;
const lookEveryMs = 50;
const tailCharsMax = 4_000;

const running = new Set<ChildProcess>();
// A test process that ends badly leaves no service behind.
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class ServiceProcess implements AsyncDisposable {
  readonly service: ServiceName;
  readonly url: string;
  readonly logFile: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #isMeantToEnd = false;

  private constructor(options: ServiceStart) {
    const { configFiles, environment, logFile, port, service } = options;
    this.service = service;
    this.url = `http://127.0.0.1:${port}`;
    this.logFile = logFile;
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, "a");
    this.#child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        options.program ?? join(root, "services", service, "src/main.ts"),
        ...configFiles.flatMap((file) => ["--config", file]),
        "--host",
        "127.0.0.1",
        "--port",
        String(port),
      ],
      {
        stdio: ["ignore", log, log],
        env: { ...process.env, NODE_COMPILE_CACHE: compiled, ...environment },
      },
    );
    closeSync(log);
    running.add(this.#child);
    this.#ended = Promise.race([once(this.#child, "exit"), once(this.#child, "error")]).finally(
      () => running.delete(this.#child),
    );
  }

  /** Resolves at once: ready is what `untilReady` waits for. */
  static start(options: ServiceStart): ServiceProcess {
    return new ServiceProcess(options);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    const { exitCode, pid, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  /** It was neither stopped nor killed from here, and is not there. */
  get hasFailed(): boolean {
    return this.hasEnded && !this.#isMeantToEnd;
  }

  /** The end of its log. */
  get tail(): string {
    return `${this.service}:\n${readFileSync(this.logFile, "utf8").slice(-tailCharsMax)}`;
  }

  /** @throws with the end of its log when it ends, or is not ready in time */
  async untilReady({ withinMs = readyWithinMs } = {}): Promise<void> {
    const deadlineMs = performance.now() + withinMs;
    while (!(await this.isReady())) {
      if (this.hasEnded) throw new Error(`it has ended: ${this.tail}`);
      if (performance.now() > deadlineMs) throw new Error(`it is not ready: ${this.tail}`);
      await sleep(lookEveryMs);
    }
  }

  async isReady(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }

  /** Resident memory now. Linux alone tells. */
  memoryBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(?<kB>\d+) kB$/mu.exec(status)?.groups?.["kB"]) * 1024;
  }

  /** Nothing moves until `resume`; connections stay open. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** @throws when it does not drain in time, or fails while draining */
  async stop(): Promise<void> {
    this.#isMeantToEnd = true;
    this.#child.kill("SIGTERM");
    const isStopped = await Promise.race([
      this.#ended.then(() => true),
      sleep(stopWithinMs, false, { ref: false }),
    ]);
    if (!isStopped) await this.kill();
    const { exitCode } = this.#child;
    if (exitCode !== 0) throw new Error(`it stopped with exit code ${exitCode}: ${this.tail}`);
  }

  /** Ends it as a loss of power would. */
  async kill(): Promise<void> {
    this.#isMeantToEnd = true;
    if (!this.hasEnded) this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
