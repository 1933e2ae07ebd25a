import type { PlanWire, StatusWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import type { Client } from "../client.ts";
import { asking, clientFor, outputFor, type Common, type Session } from "../command.ts";
import { planText } from "../format/operation-text.ts";
import { ProgressBar } from "../format/progress-bar.ts";

interface Options extends Common {
  readonly wait: boolean;
}

const applyTimeoutMs = 10 * 60_000;
const askEveryMs = 500;

export function applyCommand(program: Command, session: Session): void {
  asking(program.command("apply"))
    .summary("build the planned generation and switch to it")
    .description(
      "Build what `tidemark plan` shows beside the active generation, which answers until then.",
    )
    .option("--no-wait", "return once it has begun")
    .action(async (options: Options) => {
      const client = clientFor(session, options);
      const output = outputFor(session, options);
      const plan = await client.ask<PlanWire>("/v1/apply", {
        method: "POST",
        timeoutMs: applyTimeoutMs,
      });
      const generation = plan.building?.generation;
      if (generation === undefined || !options.wait) {
        if (options.json) output.json(plan);
        else output.lines(planText(plan));
        return;
      }
      const bar = options.json
        ? null
        : new ProgressBar(output, {
            label: `building ${generation}`,
            nowMs: session.terminal.nowMs,
          });
      const state = await follow(generation, { bar, client, session });
      bar?.end();
      if (options.json) output.json({ generation, state });
      else output.line(endings[state]?.(generation) ?? `generation ${generation} is ${state}`);
    });
}

const endings: Readonly<Record<string, (generation: string) => string>> = {
  active: (generation) => `generation ${generation} answers now`,
  interrupted: (generation) => `generation ${generation} is built on: see tidemark status`,
};

/** Until it is active, or waits for a person; the process goes on whether or not it is watched. */
async function follow(
  generation: string,
  parts: {
    readonly bar: ProgressBar | null;
    readonly client: Client;
    readonly session: Session;
  },
): Promise<string> {
  const { bar, client, session } = parts;
  for (;;) {
    const { generations } = await client.ask<StatusWire>("/v1/status");
    const found = generations.find(({ id }) => id === generation);
    if (!found || found.state === "retired") {
      throw new CliError(exitCodes.failed, `generation ${generation} was given up`, {
        fix: "`tidemark status` and `tidemark doctor` say why",
      });
    }
    if (found.state !== "building" && found.state !== "validating") {
      bar?.update(1);
      return found.state;
    }
    bar?.update(found.progress ?? 1);
    if (!(await session.terminal.pause(askEveryMs))) return "interrupted";
  }
}
