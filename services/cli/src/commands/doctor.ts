import type { DoctorWire } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import type { Command } from "commander";
import { asking, clientFor, outputFor, tell, type Common, type Session } from "../command.ts";
import { doctorText } from "../format/operation-text.ts";

export function doctorCommand(program: Command, session: Session): void {
  asking(program.command("doctor"))
    .summary("look for what is wrong, and say what mends it")
    .description("Look for what is wrong, and say what mends it. Exit code 1 when something is.")
    .action(async (options: Common) => {
      const report = await clientFor(session, options).ask<DoctorWire>("/v1/doctor");
      const output = outputFor(session, options);
      const text = (value: DoctorWire) => doctorText(value, output.paint);
      tell(output, options, { value: report, text });
      const hasFailed = report.findings.some(({ verdict }) => verdict === "fail");
      session.end(hasFailed ? exitCodes.failed : exitCodes.ok);
    });
}
