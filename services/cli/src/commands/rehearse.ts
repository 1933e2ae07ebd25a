import type { RehearsalWire } from "@tidemark/api";
import type { RunbookName } from "@tidemark/domain";
import { exitCodes } from "@tidemark/runtime";
import { resolve } from "node:path";
import { CliError } from "../cli-error.ts";
import { clientFor, outputFor, type Common, type Session } from "../command.ts";
import { duration } from "../format/amounts.ts";
import { printable } from "../format/printable.ts";
import { stepText } from "../format/runbook-text.ts";
import { copiedDocuments } from "../rehearsals/copied-documents.ts";
import { rehearse } from "../rehearsals/rehearse.ts";

/** Practises it, and has the deployment keep what came of it, where one answers. */
export async function rehearseAndRecord({
  from,
  options,
  runbook,
  session,
}: {
  readonly runbook: RunbookName;
  /** Null for the documents that travel with the program. */
  readonly from: string | null;
  readonly options: Common;
  readonly session: Session;
}): Promise<void> {
  const { terminal } = session;
  const output = outputFor(session, options);
  const directory =
    from === null
      ? (await import("@tidemark/embedded")).bundledHandbook()
      : resolve(terminal.workingDirectory, from);
  const rehearsal = await rehearse({
    runbook,
    documents: copiedDocuments(directory),
    terminal,
    told: (step) => {
      if (!options.json) output.line(stepText(step, output.paint));
    },
  });
  const client = clientFor(session, options);
  const unrecorded = await client
    .ask<RehearsalWire>("/v1/rehearsals", { body: rehearsal })
    .then(() => null, reasonOf);
  if (options.json) output.json({ ...rehearsal, recorded: unrecorded === null, unrecorded });
  else {
    const tookMs = Date.parse(rehearsal.endedAt) - Date.parse(rehearsal.startedAt);
    const color = rehearsal.outcome === "passed" ? "green" : "red";
    const kept = unrecorded === null ? `recorded at ${client.url}` : "not recorded";
    output.line(`${output.paint(color, rehearsal.outcome)} in ${duration(tookMs)}, ${kept}`);
    if (unrecorded !== null) output.note(`  not recorded: ${printable(unrecorded)}`);
  }
  session.end(rehearsal.outcome === "passed" ? exitCodes.ok : exitCodes.failed);
}

function reasonOf(error: unknown): string {
  if (error instanceof CliError) return error.message;
  throw error;
}
