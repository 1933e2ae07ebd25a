/** Starts a member of a group in a process of its own, and hears what it is given. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { MemberOptions, MemberReport, MemberRequest } from "./kafka-member.ts";

const main = join(import.meta.dirname, "kafka-member.ts");

export class KafkaMemberProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #answers: ((problem: string | null) => void)[] = [];
  /** Every place it was given a record of, as partition/offset. */
  readonly places = new Set<string>();
  /** By partition; null until it has joined. */
  terms: ReadonlyMap<number, number> | null = null;

  constructor(options: MemberOptions) {
    this.#child = fork(main, [JSON.stringify(options)], { execArgv: [] });
    this.#ended = once(this.#child, "exit");
    this.#child.on("message", (report: MemberReport) => this.#hear(report));
  }

  /** Answers what went wrong. */
  async ask(request: MemberRequest): Promise<string | null> {
    const answered = new Promise<string | null>((resolve) => this.#answers.push(resolve));
    this.#child.send(request);
    return answered;
  }

  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }

  #hear(report: MemberReport): void {
    switch (report.kind) {
      case "held":
        this.terms = new Map(report.terms);
        return;
      case "records":
        for (const place of report.places) this.places.add(place);
        return;
      case "answered":
        this.#answers.shift()?.(report.problem);
    }
  }
}
