import type { PlanWire } from "@tidemark/api";
import type { Command } from "commander";
import { asking, clientFor, outputFor, tell, type Common, type Session } from "../command.ts";
import { planText } from "../format/operation-text.ts";

const planTimeoutMs = 10 * 60_000;

export function planCommand(program: Command, session: Session): void {
  asking(program.command("plan"))
    .summary("what a changed embedder or chunker would cost")
    .description("Say what a changed embedder or chunker would touch and cost. Changes nothing.")
    .action(async (options: Common) => {
      const client = clientFor(session, options);
      const plan = await client.ask<PlanWire>("/v1/plan", { timeoutMs: planTimeoutMs });
      tell(outputFor(session, options), options, { value: plan, text: planText });
    });
}
