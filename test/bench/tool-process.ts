/** Another tool at work in a process of its own, asked by lines and answering in JSON lines. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ToolReady {
  readonly event: "ready";
  readonly versions: string;
  readonly store: string;
}

export interface ToolIndexed {
  readonly event: "indexed";
  readonly ms: number;
  readonly texts: number;
  readonly tokens: number;
  readonly stored: number;
}

const outputCharsMax = 8_192;

export class ToolProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<unknown>;
  readonly #answers: AsyncIterator<string>;
  readonly spawnedAtMs = performance.now();
  #problems = "";

  constructor(
    command: readonly string[],
    options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
  ) {
    const [program = "", ...args] = command;
    this.#child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
    });
    this.#child.on("error", (error) => {
      this.#problems += error.message;
    });
    this.#child.stdin.on("error", () => {});
    this.#exited = once(this.#child, "close").catch(() => {});
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#problems = (this.#problems + text).slice(-outputCharsMax);
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws with what it printed when it ends instead */
  async answer<T extends ToolReady | ToolIndexed>(event: T["event"]): Promise<T> {
    for (;;) {
      const next = await this.#answers.next();
      if (next.done) throw new Error(`the tool ended: ${this.#problems.trim()}`);
      if (!next.value.startsWith("{")) continue;
      const answer = JSON.parse(next.value) as T;
      if (answer.event === event) return answer;
    }
  }

  async again(): Promise<ToolIndexed> {
    this.#child.stdin.write("again\n");
    return this.answer<ToolIndexed>("indexed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}
