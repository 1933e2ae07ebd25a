/** Rows of a database, changed in transactions, and read whole again now and then. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "@tidemark/pipeline";
import { send } from "../checker/ask.ts";
import type { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";
import type { DatabaseUnderTest } from "../servers/database-under-test.ts";
import type { ChaosWorld, WorldOptions } from "./chaos-world.ts";
import { RowGauges, rowSource } from "./row-gauges.ts";
import type { RowSessions } from "./row-sessions.ts";
import { RowStream } from "./row-stream.ts";

export interface RowsWorldOptions extends WorldOptions {
  readonly deployment: DistributedDeployment;
  readonly database: DatabaseUnderTest;
  readonly sessions: RowSessions;
}

/** Of the rounds in which all is read again, within the epoch. */
const rereadShare = 0.3;
const rereadAfterMsMax = 1_000;
const rereadWithinMs = 30_000;

export class RowsWorld implements ChaosWorld {
  readonly gauges: RowGauges;
  readonly #options: RowsWorldOptions;
  readonly #chance: Chance;
  readonly #rows: RowStream;
  #isRereading = false;
  #rereadsAsked = 0;
  #rereads = 0;

  constructor(options: RowsWorldOptions) {
    const { chance, pauseMs, sessions } = options;
    this.#options = options;
    this.#chance = chance(3);
    this.gauges = new RowGauges(sessions);
    this.#rows = new RowStream({ sessions, chance: chance(4), pauseMs });
  }

  run(round: number, signal: AbortSignal): readonly Promise<void>[] {
    if (!this.#isRereading && this.#chance() < rereadShare) {
      this.#isRereading = true;
      this.#rereadsAsked += 1;
      void this.#reread();
    }
    return [this.#rows.run(round, signal)];
  }

  changes() {
    const { statements, uncertain } = this.#rows.figures;
    return [
      ["changes of other rows", statements],
      ["  transactions whose answer was lost", uncertain],
      ["times that all was to be read again", this.#rereadsAsked],
      ["  answered", this.#rereads],
    ] as const;
  }

  get acknowledged(): number {
    return this.gauges.commits + this.#rows.figures.commits;
  }

  /** What the table holds is what was acknowledged; whether it is found, the checker says. */
  lookUp(): Promise<void> {
    return this.#rows.verify();
  }

  /** With a slot of its own: two that read one would take it from each other. */
  checker() {
    const { deployment, directory } = this.#options;
    const [file = ""] = deployment.configFiles;
    const config = JSON.parse(readFileSync(file, "utf8")) as {
      readonly sources: Record<string, { replication?: { slot: string } }>;
    };
    const source = config.sources[rowSource];
    if (source?.replication) source.replication.slot += "_check";
    const own = join(directory, "checker.yaml");
    writeFileSync(own, JSON.stringify(config));
    return { args: ["--config", own], environment: {} };
  }

  /** Whoever would do it may be the one that is struck; it may go on into the rounds after. */
  async #reread(): Promise<void> {
    await sleep(this.#chance() * rereadAfterMsMax);
    const body = { source: rowSource };
    const signal = AbortSignal.timeout(rereadWithinMs);
    const asked = { method: "POST", path: "/v1/reconcile", body, signal };
    const answer = await send(this.#options.deployment.url, asked).catch(() => null);
    if (answer?.status === 200) this.#rereads += 1;
    this.#isRereading = false;
  }
}
