import type { ReplaysWire, ReplayViewWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import { CliError } from "../cli-error.ts";
import type { Client } from "../client.ts";
import type { Common, Session } from "../command.ts";
import { ProgressBar } from "../format/progress-bar.ts";
import { replayLine } from "../format/replay-text.ts";
import type { Output } from "../output.ts";

const askEveryMs = 500;

interface Parts {
  readonly client: Client;
  readonly options: Common;
  readonly output: Output;
  readonly session: Session;
}

/** Until it is done or a person has seen enough: it goes on whether or not it is watched. */
export async function watchReplay(id: string, parts: Parts): Promise<void> {
  const { options, output, session } = parts;
  const { nowMs } = session.terminal;
  const bar = options.json ? null : new ProgressBar(output, { label: `replay ${id}`, nowMs });
  const view = await follow(id, bar, parts);
  bar?.end();
  if (options.json) output.json(view);
  else output.line(replayLine(view));
}

async function follow(
  id: string,
  bar: ProgressBar | null,
  { client, session }: Parts,
): Promise<ReplayViewWire> {
  for (;;) {
    const { replays } = await client.ask<ReplaysWire>("/v1/replays");
    const view = replays.find((each) => each.id === id);
    if (!view) {
      throw new CliError(exitCodes.failed, `there is no replay ${id}`, {
        fix: "`tidemark replay list` lists them",
      });
    }
    if (view.state === "cancelled") {
      throw new CliError(exitCodes.failed, `replay ${id} was cancelled`);
    }
    bar?.update(view.share, view.leftMs);
    const isOver = view.state === "done";
    if (isOver || !(await session.terminal.pause(askEveryMs))) return view;
  }
}
