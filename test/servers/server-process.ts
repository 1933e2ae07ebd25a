/** A server of the tests as a process of its own, from its ready line to its end. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whom it runs as, where that is not who runs the tests. */
  readonly user?: { readonly uid: number; readonly gid: number } | null;
  /** What asks it to end in order; SIGTERM unless given. */
  readonly stopSignal?: NodeJS.Signals;
  /** A line of its output, or a question that is asked until it says yes. */
  readonly ready: RegExp | (() => Promise<boolean>);
}

const readyWithinMs = 120_000;
const askEveryMs = 50;
const stopWithinMs = 20_000;
const outputCharsMax = 16_384;

export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #onExit: () => void;
  readonly #stopSignal: NodeJS.Signals;
  #output = "";

  private constructor(command: ServerCommand) {
    const { program, args, cwd, environment = {}, stopSignal = "SIGTERM", user } = command;
    this.#stopSignal = stopSignal;
    this.#child = spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      ...(cwd === undefined ? {} : { cwd }),
      ...user,
    });
    this.#ended = Promise.race([once(this.#child, "close"), once(this.#child, "error")]);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-outputCharsMax);
      });
    }
    // A test process that ends badly leaves no server behind.
    this.#onExit = () => this.#child.kill("SIGKILL");
    process.once("exit", this.#onExit);
  }

  /** @throws with the last of its output when it ends, or is not ready in time */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(command);
    const deadlineMs = performance.now() + readyWithinMs;
    while (!(await server.#isReady(command.ready))) {
      if (server.hasEnded || performance.now() > deadlineMs) {
        const why = server.hasEnded ? "has ended" : "is not ready";
        await server.kill();
        throw new Error(`${command.program} ${why}: ${server.#output.trim().slice(-2_000)}`);
      }
      await sleep(askEveryMs);
    }
    return server;
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    const { exitCode, pid, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  /** Nothing moves until `resume`; connections stay open. */
  async pause(): Promise<void> {
    this.#child.kill("SIGSTOP");
    // A busy machine takes its time to stop it. Elsewhere than on Linux nobody tells.
    const stopped = () => /\) T /u.test(readFileSync(`/proc/${this.#child.pid}/stat`, "utf8"));
    while (process.platform === "linux" && !this.hasEnded && !stopped()) await sleep(1);
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    this.resume();
    this.#child.kill(this.#stopSignal);
    const stopped = Promise.race([
      this.#ended.then(() => true),
      sleep(stopWithinMs, false, { ref: false }),
    ]);
    if (!(await stopped)) await this.kill();
    process.removeListener("exit", this.#onExit);
  }

  /** Where it has children of its own, by a signal that takes them along. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (!this.hasEnded) this.#child.kill(signal);
    await this.#ended;
    process.removeListener("exit", this.#onExit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) await this.stop();
  }

  async #isReady(ready: ServerCommand["ready"]): Promise<boolean> {
    if (ready instanceof RegExp) return ready.test(this.#output);
    return ready().catch(() => false);
  }
}
