/** What can be said to replays that run, and about them. */
import type { ReplaysWire, ReplayViewWire } from "@tidemark/api";
import { InvalidArgumentError, type Command } from "commander";
import {
  asking,
  clientFor,
  outputFor,
  tell,
  textOptions,
  type Common,
  type Session,
} from "../command.ts";
import { replayLine, replaysText } from "../format/replay-text.ts";
import { watchReplay } from "./watch-replay.ts";

interface Change {
  readonly state?: "running" | "paused" | "cancelled";
  readonly perSecond?: number | null;
}

export function replayCommands(replay: Command, session: Session): void {
  asking(replay.command("list"))
    .description("List those that run, wait or ended within a day, and how far they are.")
    .action(async (options: Common) => {
      const answer = await clientFor(session, options).ask<ReplaysWire>("/v1/replays");
      const output = outputFor(session, options);
      const text = (value: ReplaysWire) => replaysText(value, textOptions(session, output));
      tell(output, options, { value: answer, text });
    });

  asking(replay.command("watch"))
    .description("Wait until one is done.")
    .argument("<id>", "its id, as listed")
    .action(async (id: string, options: Common) => {
      const output = outputFor(session, options);
      await watchReplay(id, { client: clientFor(session, options), options, output, session });
    });

  asking(replay.command("pause"))
    .description("Hold one where it stands.")
    .argument("<id>", "its id, as listed")
    .action((id: string, options: Common) => change(id, { state: "paused" }, options));

  asking(replay.command("resume"))
    .description("Let a paused one go on.")
    .argument("<id>", "its id, as listed")
    .action((id: string, options: Common) => change(id, { state: "running" }, options));

  asking(replay.command("cancel"))
    .description("End one; what it has done stays done.")
    .argument("<id>", "its id, as listed")
    .action((id: string, options: Common) => change(id, { state: "cancelled" }, options));

  asking(replay.command("speed"))
    .description("Change how fast one may go, while it runs.")
    .argument("<id>", "its id, as listed")
    .argument("<documents>", 'so many a second at most, or "full"', perSecond)
    .action((id: string, documents: number | null, options: Common) =>
      change(id, { perSecond: documents }, options),
    );

  async function change(id: string, body: Change, options: Common): Promise<void> {
    const client = clientFor(session, options);
    const view = await client.ask<ReplayViewWire>(`/v1/replays/${encodeURIComponent(id)}`, {
      method: "PATCH",
      body,
    });
    tell(outputFor(session, options), options, {
      value: view,
      text: (value) => [replayLine(value)],
    });
  }
}

/** Null for as fast as it goes. */
export function perSecond(text: string): number | null {
  if (text === "full") return null;
  const documents = Number(text);
  if (documents > 0 && Number.isFinite(documents)) return documents;
  throw new InvalidArgumentError('a number above 0, or "full", is expected.');
}
