/** The process that reads, seen from the one that measures. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ReaderAnswer, ReaderArguments, ReaderCommand } from "./reader-main.ts";

const program = join(import.meta.dirname, "reader-main.ts");

export class Reader implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  constructor(given: ReaderArguments) {
    this.#child = fork(program, [JSON.stringify(given)], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    this.#ended = once(this.#child, "exit");
  }

  /** @throws when the process ends instead of answering */
  async tell(command: ReaderCommand): Promise<ReaderAnswer> {
    const answered = once(this.#child, "message");
    this.#child.send(command);
    const first = await Promise.race([answered, this.#ended.then(() => null)]);
    if (first === null) throw new Error(`the reader ended before it answered: ${command.kind}`);
    return first[0] as ReaderAnswer;
  }

  /** Tells it something that it does not live to answer. @throws when it ended otherwise */
  async untilKilled(command: ReaderCommand): Promise<void> {
    this.#child.send(command);
    const [, signal] = await this.#ended;
    if (signal !== "SIGKILL") throw new Error(`the reader ended with ${String(signal)}`);
  }

  async stop(): Promise<void> {
    await this.tell({ kind: "stop" });
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
