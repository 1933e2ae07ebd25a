/** Makes things go wrong, and right again. What befalls one thing comes one after the other. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";
import { targetOf, type Fault } from "./plan-faults.ts";

/** Makes a server suffer in one way for as long as `away` takes. */
export type Suffer = (away: () => Promise<void>) => Promise<void>;

export interface FaultyParts {
  readonly deployment: DistributedDeployment;
  /** By server, and by how. */
  readonly servers: Readonly<Record<string, Readonly<Record<string, Suffer>>>>;
}

export class FaultDriver {
  readonly #parts: FaultyParts;
  readonly #under = new Map<string, Promise<void>>();
  /** Processes that ended and were not killed from here. */
  readonly ended: string[] = [];

  constructor(parts: FaultyParts) {
    this.#parts = parts;
  }

  /** Resolves when the fault is over; what it befell may not be ready yet. */
  befall(fault: Fault): Promise<void> {
    const target = targetOf(fault);
    const before = this.#under.get(target) ?? Promise.resolve();
    const over = before.then(() => this.#befall(fault));
    this.#under.set(target, over);
    return over;
  }

  /** Waits until no fault is under way, and every process is ready. */
  async healed(): Promise<void> {
    await Promise.all(this.#under.values());
    this.startWhatEnded();
    const { deployment } = this.#parts;
    await Promise.all(deployment.processes.map((process) => process.untilReady()));
  }

  /** As whoever supervises the processes does; that one was needed is remembered. */
  startWhatEnded(): void {
    const { deployment } = this.#parts;
    for (const name of deployment.processNames) {
      const process = deployment.process(name);
      if (!process.hasFailed) continue;
      this.ended.push(process.tail);
      deployment.startProcess(name);
    }
  }

  async #befall(fault: Fault): Promise<void> {
    const { awayMs, kind } = fault;
    const away = () => sleep(awayMs);
    const { deployment, servers } = this.#parts;
    if (kind === "server") {
      const suffer = servers[fault.server]?.[fault.how];
      if (!suffer) throw new RangeError(`no way ${fault.how} of ${fault.server}`);
      return suffer(away);
    }
    const process = deployment.process(fault.process);
    if (kind === "pause") {
      process.pause();
      await away();
      process.resume();
      return;
    }
    await process.kill();
    await away();
    deployment.startProcess(fault.process);
  }
}
