/** The process that writes, seen from the one that measures. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { eventually } from "@tidemark/testing";
import { churnKinds, type ChurnKind } from "./churn-sql.ts";
import type { HeldTransaction } from "./held-transactions.ts";
import type { WriterArguments, WriterNews } from "./writer-main.ts";

const program = join(import.meta.dirname, "writer-main.ts");
const beginsWithinMs = 30_000;
const warmChanges = 200;
const countedAsChanges = churnKinds.filter((kind) => !kind.endsWith("Transactions"));

export class Writer implements AsyncDisposable {
  readonly held: HeldTransaction[] = [];
  readonly #child: ChildProcess;
  #tally: Partial<Record<ChurnKind, number>> = {};
  #times: { readonly atMs: number; readonly changes: number }[] = [
    { atMs: Date.now(), changes: 0 },
  ];

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (news: WriterNews) => {
      this.#tally = news.tally;
      this.held.push(...news.held);
      this.#times.push({ atMs: Date.now(), changes: this.changes });
    });
  }

  /** Resolves once it writes, with transactions open. */
  static async start(given: WriterArguments): Promise<Writer> {
    const writer = new Writer(fork(program, [JSON.stringify(given)]));
    await eventually(() => writer.changes >= warmChanges && writer.held.length > 0, {
      withinMs: beginsWithinMs,
    });
    return writer;
  }

  /** Rows of committed transactions, those that are held apart. */
  get changes(): number {
    return countedAsChanges.reduce((sum, kind) => sum + (this.#tally[kind] ?? 0), 0);
  }

  get tally(): Readonly<Partial<Record<ChurnKind, number>>> {
    return this.#tally;
  }

  /** Between two times, as far as was told. */
  perSecond({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): number {
    const within = this.#times.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    const [first, last] = [within.at(0), within.at(-1)];
    if (!first || !last || last.atMs === first.atMs) return Number.NaN;
    return ((last.changes - first.changes) / (last.atMs - first.atMs)) * 1_000;
  }

  /** Resolves when all that was begun has ended. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.send("stop");
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new Error(`the writers ended with ${code}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
