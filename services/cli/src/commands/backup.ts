import { resolve } from "node:path";
import type { BackupWire } from "@tidemark/api";
import type { Command } from "commander";
import { asking, clientFor, outputFor, tell, type Common, type Session } from "../command.ts";
import { size } from "../format/amounts.ts";

const backupTimeoutMs = 60 * 60_000;

export function backupCommand(program: Command, session: Session): void {
  asking(program.command("backup"))
    .summary("write a consistent copy while it runs")
    .description("Write a consistent copy of the data while the process runs.")
    .argument("<path>", "a file that does not exist yet, on the machine of the process")
    .action(async (path: string, options: Common) => {
      const backup = await clientFor(session, options).ask<BackupWire>("/v1/backup", {
        timeoutMs: backupTimeoutMs,
        body: { path: resolve(session.terminal.workingDirectory, path) },
      });
      const text = (value: BackupWire) => [`${value.path}: ${size(value.bytes)}`];
      tell(outputFor(session, options), options, { value: backup, text });
    });
}
