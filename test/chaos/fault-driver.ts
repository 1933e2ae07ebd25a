/** Makes things go wrong, and right again. What befalls one thing comes one after the other. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";
import type { LocalCluster } from "../servers/cluster.ts";
import type { LocalElasticmq } from "../servers/elasticmq.ts";
import type { Gate } from "./gate.ts";
import { targetOf, type Fault } from "./plan-faults.ts";

export interface FaultyParts {
  readonly deployment: DistributedDeployment;
  readonly cluster: LocalCluster;
  readonly sqs: LocalElasticmq;
  /** What services reach the queue through. */
  readonly queueGate: Gate;
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
    if (kind === "server") return this.#befallServer(fault, away);
    const { deployment } = this.#parts;
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

  async #befallServer(
    { how, server }: Extract<Fault, { kind: "server" }>,
    away: () => Promise<void>,
  ): Promise<void> {
    const { cluster, queueGate, sqs } = this.#parts;
    const struck = server === "sqs" ? sqs : cluster[server];
    if (how === "paused") await struck.whilePaused(away);
    else if (server === "sqs") {
      queueGate.shut();
      await away();
      queueGate.open();
    } else {
      await cluster[server].stop("killed");
      await away();
      await cluster[server].resume();
    }
  }
}
